"""Run by Alembic: carries out migrations on the connection that `state.open_store` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()

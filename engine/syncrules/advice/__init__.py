"""What a person is advised to write where a text is wrong, and what a program may write for them."""

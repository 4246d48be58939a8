"""The words a mapping may use: operators and concepts, each with its way back."""

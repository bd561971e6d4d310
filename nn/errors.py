"""The error for what a user can correct. Its message is shown to the user unchanged."""


class UserError(ValueError):
    """The message says what is wrong, what was expected, what was found and what to do next."""

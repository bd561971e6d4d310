"""The error for what a person can mend: its text is a sentence to show as it stands."""


class UserError(ValueError):
    """Says what is wrong, what was expected, what was found and what to do next."""

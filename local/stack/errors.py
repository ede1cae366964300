"""What the laptop stack raises for everything that can be expected to go wrong."""


class StackError(Exception):
    """The laptop stack cannot start or work; the text says why and what to do, in one sentence."""

"""Numbers of things, for a person. Pure."""


def counted(number: int, one: str, several: str) -> str:
    """`1 device`, `2 devices`."""
    return f"{number} {one if number == 1 else several}"

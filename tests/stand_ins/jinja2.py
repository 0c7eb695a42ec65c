"""Passes for jinja2 where it is not installed: it comes with transformers, which needs it for chat templates."""


class TemplateError(Exception):
    """A template refuses what it was given."""

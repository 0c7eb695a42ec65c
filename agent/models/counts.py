"""Numbers that files from elsewhere tell of a model, as pydantic takes them."""

from typing import Annotated

from pydantic import Field

_MOST = 1 << 50
"""No model has more of anything, and with hundreds of digits nothing can be worked out."""

Positive = Annotated[int, Field(gt=0, le=_MOST)]
Natural = Annotated[int, Field(ge=0, le=_MOST)]

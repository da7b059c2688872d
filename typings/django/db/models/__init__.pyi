# Django has no types of its own, so all of it is Any. Without these few lines mypy takes the members of
# choices for pairs of a value and a label.
from enum import EnumMeta, StrEnum
from typing import Any

class _ChoicesType(EnumMeta):
    @property
    def names(cls) -> list[str]: ...
    @property
    def choices(cls) -> list[tuple[str, str]]: ...
    @property
    def labels(cls) -> list[str]: ...
    @property
    def values(cls) -> list[str]: ...

class _HasLabel:
    @property
    def label(self) -> str: ...

# mypy refuses an enum without members in a stub; its members stand in the classes that derive from it.
class TextChoices(_HasLabel, StrEnum, metaclass=_ChoicesType):  # type: ignore[misc]
    def __init__(self, value: str, label: object = ...) -> None: ...

def __getattr__(name: str) -> Any: ...

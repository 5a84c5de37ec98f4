"""Compares what the sandbox renders with the typed classes of the official library, field by field."""

import types
from collections.abc import Iterator
from importlib import import_module
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import stripe
from stripe import _object_classes
from stripe._stripe_object import StripeObject, UntypedStripeObject

BY_NAME: dict[str, type] = {
    name: getattr(import_module(module), cls)
    for table in (_object_classes.OBJECT_CLASSES, _object_classes.V2_OBJECT_CLASSES)
    for name, (module, cls) in table.items()
}
"""The library's class for each `object`."""
BY_CLASS_NAME = {cls.__name__: cls for cls in BY_NAME.values()}


def faults(body: dict[str, Any]) -> list[str]:
    """Where an object differs from the class of its kind; of a thin event, from the class of its type."""
    cls = BY_NAME[body["object"]]
    if body["object"] == "v2.core.event":
        cls = getattr(stripe.events, thin_class(body["type"]))
    return sorted(set(_against(body, cls, body["object"])))


def thin_class(event_type: str) -> str:
    """The library's name of the class of a thin event: `V1ChargeSucceededEvent`."""
    return "".join(part.title() for part in event_type.replace(".", "_").split("_")) + "Event"


def _annotations(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in reversed(cls.__mro__):
        found |= {name: hint for name, hint in vars(part).get("__annotations__", {}).items() if name[0] != "_"}
    return {name: hint for name, hint in found.items() if name != "OBJECT_NAME" and "ClassVar" not in str(hint)}


def _against(body: dict[str, Any], cls: type, path: str) -> Iterator[str]:
    """An unknown field, a required one that is missing, a value of another type or outside its list."""
    known = _annotations(cls)
    if issubclass(cls, UntypedStripeObject) or not known:
        return
    for name in body.keys() - known.keys():
        yield f"{path}.{name}: the library knows no such field"
    for name, hint in known.items():
        if name in body:
            if not _fits(body[name], hint):
                yield from _why(body[name], hint, f"{path}.{name}")
        elif not _is_optional(hint) and name not in ("deleted", "last_response"):
            yield f"{path}.{name}: missing"


def _why(value: Any, hint: Any, path: str) -> Iterator[str]:
    """The fault at its deepest place, where there is only one class that was meant."""
    cls = next((_class_of(arg) for arg in _choices(hint) if _class_of(arg) is not None), None)
    if isinstance(value, dict) and cls is not None:
        yield from _against(value, cls, path)
    elif isinstance(value, list) and (inner := _inner_of_list(hint)) is not None:
        for item in value:
            if not _fits(item, inner):
                yield from _why(item, inner, f"{path}[]")
    else:
        yield f"{path}: {str(value)[:60]!r} is no {str(hint)[:120]}"


def _choices(hint: Any) -> tuple[Any, ...]:
    is_union = get_origin(hint) in (Union, types.UnionType)
    return tuple(choice for arg in get_args(hint) for choice in _choices(arg)) if is_union else (hint,)


def _is_optional(hint: Any) -> bool:
    return type(None) in _choices(hint)


def _class_of(hint: Any) -> type | None:
    if isinstance(hint, ForwardRef | str):
        name = hint if isinstance(hint, str) else hint.__forward_arg__
        return BY_CLASS_NAME.get(name.split(".")[-1])
    if isinstance(hint, type) and issubclass(hint, StripeObject):
        return hint
    return None


def _inner_of_list(hint: Any) -> Any:
    return next((get_args(choice)[0] for choice in _choices(hint) if get_origin(choice) is list), None)


def _fits(value: Any, hint: Any) -> bool:
    choices = _choices(hint)
    if str in choices and any(get_origin(choice) is Literal for choice in choices):
        # The library lets values pass that came after it; the sandbox is to use those that it lists.
        choices = tuple(choice for choice in choices if choice is not str)
    if len(choices) == 1:
        hint = choices[0]
    else:
        return any(_fits(value, choice) for choice in choices)
    origin, cls = get_origin(hint), _class_of(hint)
    if hint is Any or (isinstance(hint, ForwardRef | str) and cls is None):
        return True
    if origin is Literal:
        return value in get_args(hint)
    if origin is list:
        return isinstance(value, list) and all(_fits(item, get_args(hint)[0]) for item in value)
    if origin is dict or (isinstance(origin, type) and issubclass(origin, UntypedStripeObject)):
        return isinstance(value, dict)
    if isinstance(origin, type) and issubclass(origin, StripeObject):  # a list of objects, page by page
        return isinstance(value, dict) and all(_fits(item, get_args(hint)[0]) for item in value.get("data", []))
    if cls is not None:
        return isinstance(value, dict) and not list(_against(value, cls, ""))
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return value is None if hint is type(None) else isinstance(value, hint)

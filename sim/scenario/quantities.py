"""Numbers that may be written as text: shares as percentages, amounts with a currency, durations."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema
from pydantic_core import core_schema

from sim.core import durations
from sim.core.durations import Fixed
from sim.scenario.fields import error_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_DOCUMENTS = r"\s*([0-9]{1,9}) documents?\s*"
_CURRENCY = r"[^\s0-9.,+%/-]{1,8}"
_PERCENT = rf"\s*({_NUMBER})\s*(?:%|[pP]er ?cent)\s*"
_SUM = r"[0-9]+(?:\.[0-9]{1,2})?"
_AMOUNT = rf"\s*(?:({_CURRENCY})\s*({_SUM})|({_SUM})\s*({_CURRENCY}))\s*"
_GROUPED = re.compile(r"[0-9][.,'’ ][0-9]{3}(?![0-9])|[0-9],[0-9]")  # noqa: RUF001 - as typeset
_CODES = {"€": ("EUR",), "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"), "£": ("GBP",), "¥": ("JPY", "CNY")}
"""Currency codes of each sign, the most usual first."""


@dataclass(frozen=True)
class AlsoAsText:
    """Annotation of a number that may also be written as text, which ``read`` converts."""

    read: Callable[[str], float]
    pattern: str
    example: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Convert text to a number before the number is validated."""

        def read(value: object) -> object:
            return self.read(value) if isinstance(value, str) else value

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Allow a number or text of the pattern."""
        text = {"type": "string", "pattern": f"^{self.pattern}$", "examples": [self.example]}
        return {"anyOf": [handler(schema), text]}


def parse_share(text: str) -> float:
    """Parse a percentage into a share.

    Raises:
        ValueError: if it is not a percentage; the text describes how to write one.

    >>> parse_share("80 %"), parse_share("2.5 percent")
    (0.8, 0.025)
    """
    written = re.fullmatch(_PERCENT, text)
    if written is None:
        raise ValueError(f"{text!r} is no share; write a number such as 0.8, or a percentage such as '80 %'")
    # In decimal, since a hundredth of 2.3 in binary is not 0.023, and a target would miss by its last bit.
    return float(Decimal(written[1]) / 100)


def parse_amount(text: str) -> tuple[float, str]:
    """Parse an amount of money into a number and its currency, a code or a sign.

    Raises:
        ValueError: if it is not an amount, or has ambiguous grouped digits; the text describes the remedy.

    >>> parse_amount("38 EUR"), parse_amount("$7.50")
    ((38.0, 'EUR'), (7.5, '$'))
    """
    # 1.200 is one thousand to some and one to others: nobody should be charged by a guess.
    if _GROUPED.search(text):
        raise ValueError(
            f"{text!r} may mean thousands or decimals; write digits alone, with a point before two decimals, "
            "such as '1200 EUR' or '1200.50 EUR'"
        )
    written = re.fullmatch(_AMOUNT, text)
    if written is None:
        raise ValueError(f"{text!r} is no amount; write a number such as 38, or one such as '38 EUR'")
    before, number, other_number, after = written.groups()
    return float(number or other_number), before or after


def currency_code(currency: str, among: str | None = None) -> str:
    """Return the code of a currency code or sign; ``among`` wins if the sign may mean that currency.

    >>> currency_code("$"), currency_code("$", among="CAD"), currency_code("eur")
    ('USD', 'CAD', 'EUR')
    """
    codes = _CODES.get(currency, (currency.upper(),))
    # A dollar sign beside amounts in CAD means Canadian dollars.
    return among if among in codes else codes[0]


def _find_amounts(described: Any, *keys: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the texts below keys of a scenario that begin with `cost`, each after its path."""
    if isinstance(described, str) and any(key.startswith("cost") for key in keys) and keys[-1] != "currency":
        yield keys, described
    inner = described.items() if isinstance(described, dict) else ()
    for key, value in enumerate(described) if isinstance(described, list) else inner:
        yield from _find_amounts(value, *keys, str(key))


def parse_documents(text: str) -> int:
    """Parse a number of documents.

    Raises:
        ValueError: if it is none; the text describes how to write one.

    >>> parse_documents("500 documents")
    500
    """
    written = re.fullmatch(_DOCUMENTS, text)
    if written is None:
        raise ValueError(f"{text!r} is no number of documents; write one such as 500, or '500 documents'")
    return int(written[1])


DOCUMENTS = AlsoAsText(parse_documents, _DOCUMENTS, "500 documents")
PERCENT = AlsoAsText(parse_share, _PERCENT, "80 %")
AMOUNT = AlsoAsText(lambda text: parse_amount(text)[0], _AMOUNT, "38 EUR")
Share = Annotated[float, Field(ge=0, le=1), PERCENT]
PerHour = Annotated[float, Field(ge=0, le=1_000_000), AMOUNT]
Budget = Annotated[float, Field(gt=0, le=1_000_000_000), AMOUNT]


def _read_quantity(value: object) -> int | float | Fixed:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    if not isinstance(value, str):
        message = "is neither a number nor a duration; write one, such as 50 or 4 h"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors
    return parse_share(value) if "%" in value else Fixed.read(value)


Quantity = Annotated[
    int | float | Fixed,
    PlainValidator(_read_quantity),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {"type": "string", "pattern": durations.PATTERN},
                {"type": "string", "pattern": f"^{PERCENT.pattern}$"},
            ]
        }
    ),
]
"""A number, a percentage or a duration."""


def as_number(quantity: float | Fixed) -> float:
    """Return a quantity as a number, a duration in milliseconds."""
    return quantity.ms if isinstance(quantity, Fixed) else quantity


def set_currency(described: dict[str, Any]) -> dict[str, Any]:
    """Set a scenario's currency from the amounts in it, if it names none.

    Raises:
        PydanticCustomError: if amounts are in different currencies.
    """
    costs = described.get("costs") or {}
    if not isinstance(costs, dict):
        return described
    currency = costs.get("currency")
    for keys, text in _find_amounts(described):
        try:
            _, unit = parse_amount(text)
        except ValueError:
            continue  # reported when the value is validated
        if not isinstance(currency, str):
            currency = currency_code(unit)
            described = {**described, "costs": {**costs, "currency": currency}}
        # No amount is converted: rates change, and a plan would no longer say what it was made with.
        elif currency_code(unit, among=currency.upper()) != currency_code(currency).upper():
            message = (
                f"{text!r} is not in {currency}, as other costs are; convert it: a study has one currency"
            )
            raise error_at(message, *keys)
    return described

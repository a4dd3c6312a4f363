"""What serializers have in common: ids are text, times are UTC, and a body says nothing that nobody asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from privacy_console.rest.instants import InstantField
from privacy_console.rest.problems import printable


class IdField(serializers.CharField):
    """An object's id, opaque."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"source": "pk", "read_only": True, **options})


class InputSerializer(serializers.Serializer[Any]):
    """The body of a request: the parameters of a deed. A name that is not among them is an error."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            sentence = f"There is no such field. Known are: {', '.join(self.fields)}."
            errors = {
                printable(str(name))[:100]: [ErrorDetail(sentence, "unknown")] for name in sorted(unknown)
            }
            raise serializers.ValidationError(errors)
        return super().to_internal_value(data)


class ReasonField(serializers.CharField):
    """Why a deed is done; it stands in the audit trail."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 2000, "help_text": "Why; it stands in the audit trail.", **options})


class ReasonSerializer(InputSerializer):
    """Why."""

    reason = ReasonField()


class OptionalReasonSerializer(InputSerializer):
    """Why, where there is something to say."""

    reason = ReasonField(required=False, allow_blank=True, default="")


class OutputSerializer(serializers.ModelSerializer[Any]):
    """An object as it is shown: nothing in it can be written."""

    id = IdField()
    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: InstantField,
    }

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """A choice that nobody has to make is shown as empty until then."""
        field, options = super().build_standard_field(field_name, model_field)
        if model_field.blank and "choices" in options:
            options["choices"] = [("", "Not given"), *options["choices"]]
        return field, options

    def get_extra_kwargs(self) -> dict[str, Any]:
        given = super().get_extra_kwargs()
        names = [name for name in self.Meta.fields if name not in self._declared_fields]
        return {name: {**given.get(name, {}), "read_only": True} for name in names}


class SingleSerializer(OutputSerializer):
    """What there is one of for each tenant: it needs no id."""

    id = None  # type: ignore[assignment]

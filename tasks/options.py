"""Options of tasks, whole or as far as a step reads them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, TypeAdapter


class UndeclaredOptionError(RuntimeError):
    """A step read an option that its task does not list for it, and would not run again when that option changes."""

    title = "Wrong task"
    exit_code = 2


class TaskOptions(BaseModel):
    """Base of every task's options: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def validate_part(cls, values: Mapping[str, Any]) -> "TaskOptions":
        """Makes options of which only these have values; reading another raises UndeclaredOptionError.

        Each value is validated by itself. Validators of several options, which the whole satisfied, are not run again.

        Raises:
          pydantic.ValidationError: a value that the option may not have.
        """
        checked: dict[str, Any] = {}
        for name, value in values.items():
            info = cls.model_fields[name]
            annotation: Any = Annotated[info.annotation, info]
            checked[name] = TypeAdapter(annotation).validate_python(value)
        # As `model_construct`, which would fill in the defaults of those that are not given.
        part = cls.__new__(cls)
        object.__setattr__(part, "__dict__", checked)
        object.__setattr__(part, "__pydantic_fields_set__", set(checked))
        object.__setattr__(part, "__pydantic_extra__", None)
        object.__setattr__(part, "__pydantic_private__", None)
        if cls.__pydantic_post_init__:
            part.model_post_init(None)
        return part

    def model_dump(self, **options: Any) -> dict[str, Any]:
        self._check_given(options.get("include"), options.get("exclude"))
        return super().model_dump(**options)

    def model_dump_json(self, **options: Any) -> str:
        self._check_given(options.get("include"), options.get("exclude"))
        return super().model_dump_json(**options)

    def __iter__(self) -> Any:
        self._check_given()
        return super().__iter__()

    def _check_given(self, include: Any = None, exclude: Any = None) -> None:
        """Raises UndeclaredOptionError where one of these was not given."""
        for name in set(type(self).model_fields if include is None else include) - set(exclude or ()):
            getattr(self, name)

    def __getattr__(self, name: str) -> Any:
        # Called only for what is not there.
        if name in type(self).model_fields:
            raise UndeclaredOptionError(
                f"a step must read those options alone that Task.reads lists for it. Received: {name} of "
                f"{type(self).__name__}, where {', '.join(self.__dict__) or 'none'} are listed. Add {name!r} to the "
                f"task's `reads`."
            )
        # Pydantic has it at run time only.
        return super().__getattr__(name)  # type: ignore[misc]

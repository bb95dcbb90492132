"""Text of a file -> the compact program, or the reason why it cannot be read."""

from __future__ import annotations

import ast
import re
import warnings

import libcst as cst

from gradlint.reader.bounds import check
from gradlint.reader.ir import ModuleIR
from gradlint.reader.lower import lower

_LINE_END = re.compile(r"\r\n|[\r\n]")
_POSITION = re.compile(r"error at (\d+):\d+")
_PYTHON_2 = re.compile(
    r"""\s*(?: print\s+[^\s(=.\[,;] | print\s*>> | exec\s+[^\s(=.\[,;] | except\s+[\w.]+\s*,\s*\w+\s*:
      | except\s*\(.*\)\s*,\s*\w+\s*: | raise\s+[\w.]+\s*,
      | def\s+\w+\s*\(.*[(,]\s*\( )
      | [^#'"]*(?: ` | <> | (?<![\w.])0[0-7]*[1-7][0-7]*(?![\w.]) | \b\d+[lL]\b | \bur["'])""",
    re.VERBOSE | re.IGNORECASE,
)


class Unreadable(Exception):
    """A file that cannot be read, with the line (from 1) and the reason."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(line, message)
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


def parse(path: str, text: str) -> ModuleIR:
    """Parse and lower one file.

    Raises Unreadable, and nothing else, whatever the text is. Nothing of the text is executed.
    """
    nul = text.find("\0")
    if nul >= 0:
        raise Unreadable(_line(text, nul), "NUL character: not read")
    crossed = check(text)
    if crossed is not None:
        raise Unreadable(_line(text, crossed[0]), f"{crossed[1]}: not read")
    try:
        return lower(path, cst.parse_module(text))
    except (KeyboardInterrupt, SystemExit):
        raise
    except (RecursionError, MemoryError):
        raise Unreadable(1, "nested too deep: not read") from None
    except UnicodeEncodeError as error:
        raise Unreadable(_line(text, error.start), "lone surrogate: not valid text") from None
    except BaseException as error:
        raise _explained(text, error) from None


def _explained(text: str, error: BaseException) -> Unreadable:
    """Say what is wrong in the words of Python itself, for libcst's positions are not reliable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as found:
        line = found.lineno or 1
        hint = " (Python 2 code?)" if _is_python_2(text, line, found.msg) else ""
        return Unreadable(line, f"{found.msg}{hint}")
    except Exception:
        pass
    position = _POSITION.search(str(error))
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    if isinstance(error, cst.ParserSyntaxError):
        reason = re.sub(r".*error at \d+:\d+: ", "", error.message).partition("\n")[0]
    return Unreadable(int(position.group(1)) if position else 1, f"not understood by the parser: {reason}")


def _is_python_2(text: str, line: int, message: str) -> bool:
    lines = _LINE_END.split(text)
    shown = lines[line - 1] if 0 < line <= len(lines) else ""
    return message.startswith("Missing parentheses in call to") or _PYTHON_2.match(shown) is not None


def _line(text: str, offset: int) -> int:
    return sum(1 for _ in _LINE_END.finditer(text, 0, offset)) + 1

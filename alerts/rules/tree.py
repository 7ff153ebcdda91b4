"""YAML as a tree in which everything knows its line and column.

Scalars stay text: what they mean is decided by the field they stand in, so that zone 07210 is no octal number and
`no` no boolean. Aliases and tags are refused, a key stands once, and depth and size are bounded: a file of rules is
no programme.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from alerts.rules.findings import Finding, Place

MOST_BYTES = 4_000_000
MOST_DEPTH = 20

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Scalar:
    """``plain``: without quotes, so that `null` and an empty place mean nothing at all."""

    at: Place
    text: str
    plain: bool

    @property
    def null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass
class List:
    at: Place
    items: list[Node] = field(default_factory=list)


@dataclass
class Map:
    """By key: where the key stands, and its value."""

    at: Place
    items: dict[str, tuple[Place, Node]] = field(default_factory=dict)


Node = Scalar | List | Map


class Unreadable(Exception):
    """The file is no YAML that could be rules; ``finding`` says where and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def read(text: str, file: str = "") -> Node | None:
    """The tree of a text, None where it is empty; Unreadable names the first place that is wrong."""
    if len(text) > MOST_BYTES:
        raise _stop(file, (1, 1), "too_large", "tệp quá lớn (tối đa 4 MB): chia thành nhiều tệp",
                    "the file is too large (4 MB at the most): split it")  # fmt: skip
    try:
        return _build(text, file)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        vi, en = _remedy(str(e.problem or e.context or ""), text, at)
        raise _stop(file, at, "yaml", vi, en) from None
    except yaml.reader.ReaderError as e:
        before = text[: e.position] if isinstance(e.position, int) else ""
        at = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise _stop(file, at, "text", "có ký tự điều khiển: xoá nó đi", "a control character: remove it") from None


def _stop(file: str, at: Place, code: str, vi: str, en: str) -> Unreadable:
    return Unreadable(Finding(level="error", code=code, vi=vi, en=en, file=file, line=at[0], column=at[1]))


def _remedy(problem: str, text: str, at: Place) -> tuple[str, str]:
    """What to do about a parser's complaint."""
    lines = text.splitlines()
    line = lines[at[0] - 1] if at[0] <= len(lines) else ""
    if "\t" in line[: at[1]]:
        return "có phím tab: thụt dòng bằng dấu cách", "a tab: indent by blanks"
    if "mapping values are not allowed" in problem:
        return (
            "dấu hai chấm không đúng chỗ: đặt văn bản có dấu “: ” trong ngoặc kép, hoặc xem lại thụt dòng",
            'a colon out of place: put a text that has ": " into quotes, or look at the indentation',
        )
    if "could not find expected ':'" in problem:
        return "thiếu dấu hai chấm sau tên trường", "a colon is missing after the field's name"
    if "quoted scalar" in problem or "unexpected end of stream" in problem:
        return "ngoặc kép chưa đóng", "a quotation mark is not closed"
    if "block" in problem or "did not find expected" in problem:
        return (
            "thụt dòng hoặc dấu ngoặc không khớp: các trường của một quy tắc phải thẳng cột, mỗi mục bắt đầu bằng “- ”",
            'indentation or brackets do not match: a rule\'s fields stand in one column, each item begins with "- "',
        )
    return f"không phải YAML ({problem})", f"this is no YAML ({problem})"


def _build(text: str, file: str) -> Node | None:
    root: Node | None = None
    open_: list[List | Map] = []
    keys: list[tuple[Place, str] | None] = []
    documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        at = (event.start_mark.line + 1, event.start_mark.column + 1) if event.start_mark else (1, 1)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _stop(file, at, "yaml", "chỉ một tài liệu mỗi tệp: bỏ dòng “---”", "one document a file: "
                            "remove the line ---")  # fmt: skip
        elif isinstance(event, yaml.CollectionEndEvent):
            open_.pop()
            keys.pop()
        elif isinstance(event, yaml.NodeEvent):
            node = _node(event, at, file)
            if open_:
                _put(open_[-1], keys, node, file)
            elif root is None:
                root = node
            if not isinstance(node, Scalar):
                open_.append(node)
                keys.append(None)
                if len(open_) > MOST_DEPTH:
                    raise _stop(file, at, "yaml", "lồng quá sâu", "nested too deep")
    return None if isinstance(root, Scalar) and root.null else root


def _node(event: yaml.NodeEvent, at: Place, file: str) -> Node:
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        raise _stop(file, at, "yaml", "không dùng & và *: viết ra từng quy tắc, hoặc đặt trong ngoặc kép",
                    "no & and * here: write each rule out, or use quotes")  # fmt: skip
    tag = getattr(event, "tag", None)
    if tag not in (None, "!"):
        raise _stop(file, at, "yaml", f"không dùng thẻ {tag}: bỏ nó, hoặc đặt trong ngoặc kép",
                    f"no tag {tag} here: remove it, or use quotes")  # fmt: skip
    if isinstance(event, yaml.ScalarEvent):
        return Scalar(at, event.value, not event.style)
    return List(at) if isinstance(event, yaml.SequenceStartEvent) else Map(at)


def _put(parent: List | Map, keys: list[tuple[Place, str] | None], node: Node, file: str) -> None:
    if isinstance(parent, List):
        parent.items.append(node)
        return
    key = keys[-1]
    if key is not None:
        parent.items[key[1]] = (key[0], node)
        keys[-1] = None
        return
    if not isinstance(node, Scalar):
        raise _stop(file, node.at, "yaml", "tên trường phải là một từ", "a field's name must be a word")
    if node.text in parent.items:
        first = parent.items[node.text][0][0]
        raise _stop(file, node.at, "twice", f"{node.text} đã có ở dòng {first}: bỏ một trong hai",
                    f"{node.text} stands already in line {first}: remove one of them")  # fmt: skip
    keys[-1] = (node.at, node.text)

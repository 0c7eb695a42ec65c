"""What people are shown of models. Pure: values to words."""

from collections.abc import Iterator, Sequence

from agent.budget.memory import DoesNotFit, Fits
from agent.models.catalog import Entry
from agent.models.manifest import Accuracy, BuiltSource, HubSource, Manifest, Shape, ShippedSource, UpstreamSource
from agent.models.verify import Checked

Verdict = Fits | DoesNotFit | None
"""Whether a model fits into the memory now; None when that is not known."""


def row(entry: Entry, verdict: Verdict, engines: Sequence[str]) -> tuple[str, str, str, str, str, str]:
    """Name, size, licence, whether it is here, whether it fits, engines."""
    manifest = entry.manifest
    if entry.fault is not None:
        return entry.name, "?", "?", "?", "cannot be used", "?"
    if manifest is None:
        return entry.name, "?", "?", _here(entry), fits(verdict), ", ".join(engines) or "?"
    size = manifest.size
    about = "" if manifest.is_pinned else "~"
    return (
        entry.name,
        "-" if size is None else f"{about}{human(size)}",
        manifest.licence.name,
        _here(entry),
        "-" if isinstance(manifest.source, UpstreamSource) else fits(verdict),
        ", ".join(engines),
    )


def fits(verdict: Verdict) -> str:
    """In a few words."""
    match verdict:
        case None:
            return "?"
        case Fits(_, context_length):
            return f"yes, {context_length:,} tokens"
        case DoesNotFit(_, needed, room, ever):
            return f"{'not now' if ever else 'no'}: {human(needed)} of {human(room)}"


def details(entry: Entry, manifest: Manifest, verdict: Verdict, engines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Titles, and what is to be said under each."""
    yield "title", manifest.title
    yield "licence", f"{manifest.licence.name}, {manifest.licence.url}"
    yield "source", _source(manifest)
    yield "engines", ", ".join(engines)
    yield "parameters", f"{manifest.parameters:,}"
    yield "quantized", manifest.quantization
    yield "chat form", manifest.chat_template
    if manifest.geometry is not None:
        yield "geometry", _shape(manifest.geometry)
    if manifest.accuracy is not None:
        yield "accuracy", _accuracy(manifest.accuracy)
    if manifest.memory:
        figures = ", ".join(f"{human(figure.bytes)} with {figure.context:,} tokens" for figure in manifest.memory)
        yield "memory", f"{figures} (predicted)"
    yield "board", manifest.minimum_board
    if not isinstance(manifest.source, UpstreamSource):
        yield "here", str(entry.folder or "no")
        yield "fits", fits(verdict)
    if manifest.note is not None:
        yield "note", manifest.note
    for file in manifest.files:
        yield "file", f"{file.path}, {file.size:,} bytes, sha256 {file.sha256}"


def told(checked: Checked) -> str:
    """What came of a file."""
    return f"  {'ok' if checked.wrong is None else 'WRONG':<6} {checked.path} {checked.wrong or ''}".rstrip()


def human(size: float) -> str:
    """A size for people."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004 - of one unit, the next
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def _shape(shape: Shape) -> str:
    heads = f"{shape.kv_heads} KV heads of {shape.head_size}"
    sizes = f"vocabulary {shape.vocab_size:,}, context {shape.context_length:,}"
    return f"{shape.layers} layers of width {shape.hidden_size:,}, {heads}, {sizes}"


def _accuracy(accuracy: Accuracy) -> str:
    parts = ["after quantization is simulated"] if accuracy.simulated else []
    if (text := accuracy.perplexity) is not None:
        parts.append(
            f"perplexity {text.after:.4f} (before: {text.before:.4f}) on {text.tokens:,} tokens of {text.text}"
        )
    if (own := accuracy.questions) is not None:
        parts.append(f"{own.after} (before: {own.before}) right of {own.asked:,} questions of {own.file}")
    return "; ".join(parts)


def _here(entry: Entry) -> str:
    if entry.folder is None:
        return "no"
    return "yes" if entry.own else "yes, ships"


def _source(manifest: Manifest) -> str:
    match manifest.source:
        case HubSource(hub=hub, revision=revision, folder=folder):
            digests = "its digests are known" if manifest.is_pinned else "digests unknown until --accept-new"
            return f"{hub} at {revision}{f', {folder}' if folder else ''}; {digests}"
        case BuiltSource(built=built, tools=tools):
            by = f" ({', '.join(tools)})" if tools else ""
            return f"{built}{by}"
        case ShippedSource():
            return "comes with the agent"
        case UpstreamSource(upstream=upstream):
            return f"{upstream} at a server; nothing is downloaded"

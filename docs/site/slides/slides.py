"""Makes slides of the lessons: slides.py GUIDE_FOLDER PICTURE_FOLDER OUTPUT_FOLDER

A lesson's slide has the first sentence of a paragraph and what belongs to it: one picture, one block of code or output,
one table, or a list. The whole paragraph is in the notes of the speaker (key s). What is too long for a slide is cut, and
stays in the lesson. The pages work from the file system; reveal.js lies beside them.
"""

import html
import re
import shutil
import sys
from pathlib import Path

import markdown

CODE_LINES = 16  # that a wall can be read from
BODY_END = "</div><!-- body -->"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · slides</title>
<link rel="stylesheet" href="reveal/reset.css">
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="slides.css">
</head>
<body>
<div class="reveal"><div class="slides">
{slides}
</div></div>
<script src="reveal/reveal.js"></script>
<script src="reveal/notes.js"></script>
<script>
Reveal.initialize({{hash: true, width: 1280, height: 800, margin: 0.05, center: false, transition: 'none', controls: false, slideNumber: 'c/t', plugins: [RevealNotes]}})
  .then(() => document.documentElement.dataset.ready = 'yes');
</script>
</body>
</html>
"""


def blocks_of(text):
    """Headings, fences, pictures, lists, tables and paragraphs, in order: (kind, text)."""
    lines, at = text.split("\n"), 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
            continue
        start = at
        if line.startswith("```"):
            at += 1
            while not lines[at].startswith("```"):
                at += 1
            at += 1
            yield "fence", "\n".join(lines[start:at])
            continue
        while at < len(lines) and lines[at].strip() and not lines[at].startswith("```"):
            at += 1
        block = "\n".join(lines[start:at])
        if block.startswith("#"):
            yield "heading", block.lstrip("# ")
        elif re.match(r"!\[", block):
            yield "picture", block
        elif block.startswith("|"):
            yield "table", block
        elif re.match(r"(\d+\.|-) ", block):
            yield "list", block
        else:
            yield "paragraph", block


def beginning(text):
    """The first sentences of a paragraph, as many as a slide bears. Where the exercise's file lies is not one of them."""
    text = re.sub(r"^\[\w+\.cpp\]\(\S+\) says what goes in[.:]\s*", "", " ".join(text.split()))
    kept = ""
    for sentence in re.findall(r".+?[.?:!](?=\s+[\"'(*`A-Z‖]|$)\s*|.+$", text):
        if kept and len(kept) + len(sentence) > 230:
            break
        kept += sentence
        if len(kept) > 120:
            break
    return kept.strip()


def rendered(text):
    # Links lead out of a talk: only their words stay.
    text = re.sub(r"(?<!!)\[([^\]]+)\]\((?:https?:|[\w./-]*(?:\.md|\.cpp|#))[^)]*\)", r"\1", text)
    text = re.sub(r"!\[([^\]]*)\]\(\.\./pictures/([^)]+)\)", r'<img src="pictures/\2" alt="\1">', text)
    return markdown.markdown(text, extensions=["tables", "fenced_code"])


def fence_on_a_slide(text):
    lines = text.split("\n")
    if len(lines) - 2 > CODE_LINES:
        lines = lines[: CODE_LINES + 1] + ["…", "```"]
    return "\n".join(lines)


def slide(heading, lead, body, notes):
    parts = [f"<h2>{html.escape(heading)}</h2>"]
    if lead:
        parts.append(f'<div class="lead">{rendered(lead)}</div>')
    if body:
        parts.append(f'<div class="body">{rendered(body)}{BODY_END}')
    if notes:
        parts.append(f'<aside class="notes">{rendered(notes)}</aside>')
    return "<section>" + "\n".join(parts) + "</section>"


def slides_of(text):
    title, heading, lead, made = "", "", "", []
    after_fence, made_lines = False, 0
    for kind, block in blocks_of(text):
        if kind != "fence":
            after_fence = False
        if kind == "heading":
            if lead:
                made.append(slide(heading, beginning(lead), "", lead))
                lead = ""
            if not title:
                title = heading = block
                made.append(f'<section class="title"><h1>{html.escape(title)}</h1></section>')
            else:
                heading = block
        elif kind == "paragraph":
            if block.startswith(("*Read", "Next: ")):
                continue
            if lead:
                made.append(slide(heading, beginning(lead), "", lead))
            lead = block
        else:
            body = fence_on_a_slide(block) if kind == "fence" else block
            if kind == "fence" and not lead and after_fence and made_lines + body.count("\n") <= CODE_LINES + 4:
                made[-1] = made[-1].replace(BODY_END, rendered(body) + BODY_END, 1)
                made_lines += body.count("\n")
                continue
            if kind == "picture":
                # A picture a slide, and its caption.
                for name, file in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", block):
                    made.append(slide(heading, name or (beginning(lead) if lead else ""), f"![{name}]({file})", lead))
                lead = ""
                continue
            if kind == "table" and "![" in block:
                cells = [c for row in block.split("\n") if not re.match(r"[|\-\s]+$", row) for c in row.strip("|").split("|")]
                names, files = cells[: len(cells) // 2], cells[len(cells) // 2 :]
                for name, file in zip(names, files):
                    made.append(slide(heading, name.strip(), file.strip(), lead))
                lead = ""
                continue
            made.append(slide(heading, beginning(lead) if lead else "", body, lead))
            lead = ""
            after_fence, made_lines = kind == "fence", body.count("\n")
    if lead:
        made.append(slide(heading, beginning(lead), "", lead))
    return title, made


def main():
    guide, pictures, output = map(Path, sys.argv[1:4])
    output.mkdir(parents=True, exist_ok=True)
    (output / "pictures").mkdir(exist_ok=True)
    index = []
    for lesson in sorted(guide.glob("[0-9]*.md")):
        text = lesson.read_text(encoding="utf-8")
        for name in re.findall(r"\]\(\.\./pictures/([^)]+)\)", text):
            shutil.copy(pictures / name, output / "pictures" / name)
        title, slides = slides_of(text)
        (output / f"{lesson.stem}.html").write_text(PAGE.format(title=html.escape(title), slides="\n".join(slides)), encoding="utf-8")
        index.append(f'<li><a href="{lesson.stem}.html">{html.escape(title)}</a> <small>{len(slides)} slides</small></li>')
    (output / "index.html").write_text(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Slides</title>'
        '<link rel="stylesheet" href="../site.css"></head><body style="display: block"><main><h1>Slides</h1>\n<p>One deck a lesson, made from the lessons. Arrows turn, <kbd>s</kbd> opens the notes, '
        "<kbd>o</kbd> shows all, <kbd>f</kbd> fills the screen; <code>?print-pdf</code> behind the address prints.</p>\n<ul>\n"
        + "\n".join(index)
        + '\n</ul>\n<p><a href="../docs/guide/index.html">The course</a></p></main></body></html>\n',
        encoding="utf-8",
    )
    print(f"{len(index)} decks of slides")


if __name__ == "__main__":
    main()

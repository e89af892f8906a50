"""Texts that would do something if a page, a terminal, a picture or LaTeX took them for more."""

OWNED = "owned"
"""What scripts among them write into the title of a page."""

TEXTS = {
    "a script": f"<script>document.title='{OWNED}'</script>",
    "the end of a script": f"</script><script>document.title='{OWNED}'</script>",
    "the end of an attribute": f"\"'><img src=x onerror=\"document.title='{OWNED}'\">",
    "the end of a comment": f"--><svg onload=\"document.title='{OWNED}'\"><!--",
    "the end of a title": f"</title></style><script>document.title='{OWNED}'</script>",
    "a section of XML": "]]><b>&undefined;<![CDATA[",
    "an address": "javascript:document.title='owned' https://example.org/x.js",
    "right to left": "safe\u202eelddim\u202c \u2066x\u2069",
    "control characters": "a\x1b[2J\x1b]0;owned\x07\x00\x08\x9b31mb",
    "two lines": "first\nhealthy: no fault\r\n\u2028third",
    "a formula": "$\\frac{1}{2}$ $unclosed ^_ 50 %",
    "a command of LaTeX": "\\input{/etc/passwd} \\write18{id} # & ~ {",
    "half a character": "a\ud800b\ufffe",
    "letters that combine": "z" + "\u0301\u0321" * 40,
    "other scripts": "\u6587\u5b57 \u05e9\u05dc\u05d5\u05dd \U0001f600\u200d\U0001f525",
    "long": "long " * 400 + "x" * 3000,
    "markup of the terminal": "[bold red]no[/bold red] [/] [link=https://x]",
    "nothing": " ",
}
"""Texts by what they try."""

MARKS = ("<script>document", "<img src=x", "<svg onload", "\x1b", "\u202e", "\x00")
"""What none of the forms may hold."""
EVERYTHING = " ".join(text for name, text in TEXTS.items() if name != "long")

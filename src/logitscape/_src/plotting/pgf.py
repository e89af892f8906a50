"""Figures as PGF, the commands by which LaTeX draws them in the fonts of its own document.

matplotlib asks a TeX engine how large every text is. Here it is told what the text measures in the
figure's own font, so that no TeX need be installed; LaTeX then sets the text anew, at its anchor.
"""

import re
from pathlib import Path
from typing import Any, TextIO

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_pgf import RendererPgf
from matplotlib.figure import Figure
from PIL import Image

from ..base.messages import printable

HEAD = r"""%% A figure by logitscape; include it in LaTeX by
%%   \usepackage{pgf} ... \input{FILE.pgf}
%% If it has images, they are files beside it. From another folder, use the package `import`:
%%   \import{FOLDER/}{FILE.pgf}
\begingroup
\makeatletter
\providecommand{\mathdefault}[1]{#1}
%% Underscores in names, such as cross_entropy, are no subscripts.
\catcode`\_=\active
\def_{\ifmmode\sb\else\textunderscore\fi}
\begin{pgfpicture}
"""
SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{each: f"\\{each}" for each in "{}$&#%"},
}
"""Characters that LaTeX takes for commands, and what prints them."""
DOLLAR = re.compile(r"(?<!\\)\$")
END = r"""\end{pgfpicture}
\makeatother
\endgroup
"""


class _Renderer(RendererPgf):
    """A renderer that measures texts in matplotlib's fonts."""

    def __init__(self, figure: Figure, file: TextIO) -> None:
        super().__init__(figure, file)  # type: ignore[no-untyped-call]
        self._measures = FigureCanvasAgg(figure).get_renderer()

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> Any:
        """Width, height and descent of a text in pixels."""
        return self._measures.get_text_width_height_descent(s, prop, ismath)

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        """Write a text, in which only formulas between dollars are commands."""
        text = in_latex(s, has_formulas=bool(ismath))
        given = (gc, x, y, text, prop, angle, ismath, mtext)
        super().draw_text(*given)  # type: ignore[no-untyped-call]

    def option_scale_image(self) -> bool:
        """Have images resampled to the figure's resolution, so that they need no transform."""
        return False

    def draw_image(
        self, gc: Any, x: float, y: float, im: Any, transform: Any = None
    ) -> None:
        """Write an image to a file of its own, and have LaTeX include it."""
        height, width = im.shape[:2]
        if not height or not width:
            return
        path = Path(self.fh.name)
        name = f"{path.stem}-img{self.image_counter}.png"
        self.image_counter += 1
        Image.fromarray(im[::-1]).save(path.with_name(name))
        left, bottom = x / self.dpi, y / self.dpi
        size = f"width={width / self.dpi:f}in,height={height / self.dpi:f}in"
        self.fh.write(
            rf"\pgftext[x={left:f}in,y={bottom:f}in,left,bottom]"
            rf"{{\includegraphics[{size}]{{\detokenize{{{name}}}}}}}"
            "\n"
        )


def in_latex(text: str, *, has_formulas: bool) -> str:
    """A text as matplotlib shows it elsewhere, for LaTeX.

    Args:
        text: Text of any characters; in a name a backslash begins no command.
        has_formulas: Whether what stands between dollars is a formula, which stays as it is.
    """
    if not has_formulas:
        return _printed(text)
    parts = DOLLAR.split(text)
    return "$".join(
        part if place % 2 else _printed(part.replace(r"\$", "$"))
        for place, part in enumerate(parts)
    )


def _printed(text: str) -> str:
    return "".join(SPECIAL.get(letter, letter) for letter in printable(text))


def write_pgf(figure: Figure, file: TextIO) -> None:
    """Write a settled figure; images go to files of the same name beside it."""
    width, height = figure.get_size_inches()
    file.write(HEAD)
    file.write(
        r"\pgfpathrectangle{\pgfpointorigin}"
        rf"{{\pgfqpoint{{{width:f}in}}{{{height:f}in}}}}"
        "\n"
        r"\pgfusepath{use as bounding box, clip}"
        "\n"
    )
    renderer: Any = MixedModeRenderer(
        figure, width, height, figure.dpi, _Renderer(figure, file)
    )
    figure.draw(renderer)
    file.write(END)

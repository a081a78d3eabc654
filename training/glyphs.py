"""Plate characters as grey masks: a stroke font of our own in the manner of the Taiwanese die, and free fonts for the rest."""

from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

CHARSET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_LOOP = [(1, 0), (3, 0), (4, 1), (4, 7), (3, 8), (1, 8), (0, 7), (0, 1), (1, 0)]
_P = [(0, 8), (0, 0), (3, 0), (4, 1), (4, 3.4), (3, 4.4), (0, 4.4)]
# Strokes on a grid 4 wide and 8 high; the die's round corners are drawn as chamfers and softened afterwards.
STROKES = {
    "0": [_LOOP],
    "1": [[(0.8, 1.3), (2, 0), (2, 8)]],
    "2": [[(0, 1.7), (0, 1), (1, 0), (3, 0), (4, 1), (4, 2.8), (0, 7.2), (0, 8), (4, 8)]],
    "3": [[(0, 1.4), (0, 1), (1, 0), (3, 0), (4, 1), (4, 3), (3.2, 3.8), (1.5, 3.8)], [(3.2, 3.8), (4, 4.6), (4, 7), (3, 8), (1, 8), (0, 7), (0, 6.6)]],
    "4": [[(3, 8), (3, 0), (0, 5.8), (4.2, 5.8)]],
    "5": [[(4, 0), (0.3, 0), (0.1, 3.7), (1, 3), (3, 3), (4, 4), (4, 7), (3, 8), (1, 8), (0, 7), (0, 6.5)]],
    "6": [[(4, 1.5), (4, 1), (3, 0), (1, 0), (0, 1), (0, 7), (1, 8), (3, 8), (4, 7), (4, 4.4), (3, 3.4), (1, 3.4), (0, 4.4)]],
    "7": [[(0, 0), (4, 0), (1.6, 8)]],
    "8": [[(1, 0), (3, 0), (4, 1), (4, 2.9), (3, 3.8), (1, 3.8), (0, 2.9), (0, 1), (1, 0)],
          [(1, 3.8), (3, 3.8), (4, 4.8), (4, 7), (3, 8), (1, 8), (0, 7), (0, 4.8), (1, 3.8)]],
    "9": [[(0, 6.5), (0, 7), (1, 8), (3, 8), (4, 7), (4, 1), (3, 0), (1, 0), (0, 1), (0, 3.6), (1, 4.6), (3, 4.6), (4, 3.6)]],
    "A": [[(0, 8), (2, 0), (4, 8)], [(0.7, 5.6), (3.3, 5.6)]],
    "B": [[(0, 0), (0, 8), (3, 8), (4, 7), (4, 4.8), (3, 3.9), (0, 3.9)], [(3, 3.9), (3.9, 3), (3.9, 1), (3, 0), (0, 0)]],
    "C": [[(4, 2.2), (4, 1), (3, 0), (1, 0), (0, 1), (0, 7), (1, 8), (3, 8), (4, 7), (4, 5.8)]],
    "D": [[(0, 0), (2.7, 0), (4, 1.2), (4, 6.8), (2.7, 8), (0, 8), (0, 0)]],
    "E": [[(4, 0), (0, 0), (0, 8), (4, 8)], [(0, 3.9), (3.2, 3.9)]],
    "F": [[(4, 0), (0, 0), (0, 8)], [(0, 3.9), (3.2, 3.9)]],
    "G": [[(4, 2.2), (4, 1), (3, 0), (1, 0), (0, 1), (0, 7), (1, 8), (3, 8), (4, 7), (4, 4.5), (2.3, 4.5)]],
    "H": [[(0, 0), (0, 8)], [(4, 0), (4, 8)], [(0, 4), (4, 4)]],
    "I": [[(2, 0), (2, 8)]],
    "J": [[(3.6, 0), (3.6, 7), (2.7, 8), (1, 8), (0, 7), (0, 5.8)]],
    "K": [[(0, 0), (0, 8)], [(4, 0), (0, 5)], [(1.4, 3.4), (4, 8)]],
    "L": [[(0, 0), (0, 8), (4, 8)]],
    "M": [[(0, 8), (0, 0), (2, 5.2), (4, 0), (4, 8)]],
    "N": [[(0, 8), (0, 0), (4, 8), (4, 0)]],
    "O": [[(1.3, 0), (2.7, 0), (4, 1.6), (4, 6.4), (2.7, 8), (1.3, 8), (0, 6.4), (0, 1.6), (1.3, 0)]],
    "P": [_P],
    "Q": [_LOOP, [(2.4, 6), (4.2, 8.4)]],
    "R": [_P, [(2, 4.4), (4, 8)]],
    "S": [[(4, 2), (4, 1), (3, 0), (1, 0), (0, 1), (0, 2.8), (1, 3.7), (3, 4.3), (4, 5.2), (4, 7), (3, 8), (1, 8), (0, 7), (0, 6)]],
    "T": [[(0, 0), (4, 0)], [(2, 0), (2, 8)]],
    "U": [[(0, 0), (0, 7), (1, 8), (3, 8), (4, 7), (4, 0)]],
    "V": [[(0, 0), (2, 8), (4, 0)]],
    "W": [[(0, 0), (1, 8), (2, 2.4), (3, 8), (4, 0)]],
    "X": [[(0, 0), (4, 8)], [(4, 0), (0, 8)]],
    "Y": [[(0, 0), (2, 4), (4, 0)], [(2, 4), (2, 8)]],
    "Z": [[(0, 0), (4, 0), (0, 8), (4, 8)]],
}

# What sets the die of the eighth generation apart: a flat-topped three, slanting six and nine, a bare one, a W that is a
# turned M, a B with feet, a low-barred A.
DIE = {
    "1": [[(2, 0), (2, 8)]],
    "3": [[(0, 0), (4, 0), (1.9, 3.3), (3.1, 3.5), (4, 4.5), (4, 7), (3, 8), (1, 8), (0, 7), (0, 6.5)]],
    "6": [[(3.5, 0), (2.6, 0.3), (0.7, 3.4), (0, 5), (0, 7), (1, 8), (3, 8), (4, 7), (4, 5.2), (3, 4), (1.4, 4), (0.4, 4.6)]],
    "9": [[(0.5, 8), (1.4, 7.7), (3.3, 4.6), (4, 3), (4, 1), (3, 0), (1, 0), (0, 1), (0, 2.8), (1, 4), (2.6, 4), (3.6, 3.4)]],
    "A": [[(0, 8), (1.6, 0), (2.4, 0), (4, 8)], [(0.5, 6.1), (3.5, 6.1)]],
    "B": [[(-0.5, 0), (3, 0), (3.9, 1), (3.9, 3), (3, 3.9), (0.3, 3.9)], [(3, 3.9), (4, 4.8), (4, 7), (3, 8), (-0.5, 8)], [(0.3, 0), (0.3, 8)]],
    "D": [[(-0.5, 0), (2.7, 0), (4, 1.2), (4, 6.8), (2.7, 8), (-0.5, 8)], [(0.3, 0), (0.3, 8)]],
    "M": [[(0, 8), (0.3, 0), (2, 5.0), (3.7, 0), (4, 8)]],
    "W": [[(0, 0), (0.3, 8), (2, 3.0), (3.7, 8), (4, 0)]],
}

_T = "/usr/share/fonts/truetype/"
FONTS = [
    _T + "roadgeek/RG2014B.ttf", _T + "roadgeek/RG2014C.ttf", _T + "roadgeek/RG2014D.ttf", _T + "opendin/OSP-DIN.ttf",
    _T + "routed-gothic/routed-gothic-narrow.ttf", _T + "routed-gothic/routed-gothic.ttf", _T + "dejavu/DejaVuSansCondensed-Bold.ttf",
    _T + "dejavu/DejaVuSansCondensed.ttf", _T + "liberation/LiberationSansNarrow-Bold.ttf", _T + "liberation/LiberationSans-Bold.ttf",
]
CJK = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
MARGIN = 0.12  # of the cap height, kept above and below each mask for tails and stroke ends


@lru_cache(maxsize=None)
def _font_mask(font: int, ch: str) -> np.ndarray:
    face = ImageFont.truetype(FONTS[font], 140)
    _, top, _, bottom = face.getbbox("H")
    left, _, right, _ = face.getbbox(ch)
    cap = bottom - top
    pad = int(cap * MARGIN)
    image = Image.new("L", (max(right - left, 4), cap + 2 * pad), 0)
    ImageDraw.Draw(image).text((-left, pad - top), ch, fill=255, font=face)
    return np.asarray(image)


@lru_cache(maxsize=None)
def legend_mask(text: str) -> np.ndarray:
    face = ImageFont.truetype(CJK, 40)
    left, top, right, bottom = face.getbbox(text)
    image = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(image).text((-left, -top), text, fill=255, font=face)
    return np.asarray(image)


def natural_width(font: int, ch: str) -> float:
    """Width over cap height; font -1 is the stroke font, -2 the same with the shapes of the newer die."""
    if font >= 0:
        mask = _font_mask(font, ch)
        return mask.shape[1] / (mask.shape[0] / (1 + 2 * MARGIN))
    return {"1": 0.17 if font == -2 else 0.3, "I": 0.17}.get(ch, 0.5)


def glyph(font: int, ch: str, width: float, height: float, stroke: float, bend: float = 0.0) -> np.ndarray:
    """A mask of 0..255, `width` wide and `height * (1 + 2 * MARGIN)` high; `stroke` is a share of the height; `bend`
    from -1 to 1 moves the middle of M and W in the stroke font, where dies differ most."""
    w, h = max(int(round(width)), 2), max(int(round(height * (1 + 2 * MARGIN))), 4)
    if font >= 0:
        source = _font_mask(font, ch)
        mask = cv2.resize(source, (w, h), interpolation=cv2.INTER_AREA if h < source.shape[0] else cv2.INTER_LINEAR)
        thicker = int(round((stroke - 0.155) * 0.8 * height))
        if thicker:
            kernel = np.ones((abs(thicker), abs(thicker)), np.uint8)
            mask = cv2.dilate(mask, kernel) if thicker > 0 else np.maximum(cv2.erode(mask, kernel), mask // 3)
        return mask
    mask = np.zeros((h, w), np.uint8)
    thick = max(1, int(round(stroke * height)))
    strokes = DIE.get(ch, STROKES[ch]) if font == -2 else STROKES[ch]
    points = [p for line in strokes for p in line]
    x_min, x_max = min(p[0] for p in points), max(p[0] for p in points)
    half = thick / 2
    span_x, span_y = max(w - thick - 1, 0), height - thick
    middle = {"M": (2, 5.0 if font == -2 else 5.2), "W": (2, 3.0 if font == -2 else 2.4)}.get(ch)
    for line in strokes:
        if ch == "W":  # the Taiwanese W stands on feet nearly under its arms, its middle reaching half-way up
            line = [({1: 1 - 0.45 * max(bend, 0), 3: 3 + 0.45 * max(bend, 0)}.get(x, x), y) for x, y in line]
        line = [(x, y + bend * (2.2 if ch == "M" else 1.7)) if (x, y) == middle else (x, y) for x, y in line]
        xy = [((half + (x - x_min) / max(x_max - x_min, 1e-6) * span_x) if x_max > x_min else w / 2,
               height * MARGIN + half + y / 8 * span_y) for x, y in line]
        cv2.polylines(mask, [np.round(np.array(xy) * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
    return mask

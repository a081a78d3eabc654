"""Plate texts and flat plate pictures in grey, by form, class and colour."""

import cv2
import numpy as np

from glyphs import MARGIN, glyph, legend_mask, natural_width

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # Taiwan issues no I and no O
DIGITS = "0123456789"
LETTERS_ALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# form, share, plate width over height
TAIWAN = [
    ("LLL-DDDD", 0.34, 2.37), ("LLL-DDD", 0.17, 2.05), ("DDDD-LL", 0.13, 2.13), ("LL-DDDD", 0.05, 2.13), ("DL-DDDD", 0.05, 2.13),
    ("LD-DDDD", 0.05, 2.13), ("DDDD-LD", 0.04, 2.13), ("DDDD-DL", 0.04, 2.13), ("DDD-LL", 0.04, 1.95), ("DDD-LD", 0.04, 1.95),
    ("DDD-DL", 0.02, 1.95), ("LL-DDD", 0.02, 1.9), ("DDD-LLL", 0.03, 1.8), ("LLL-DD", 0.01, 1.9),
]
FOREIGN = ["L DD LLL", "LL DD LLL", "LLL DDD", "LL DDD LL", "L DDD LL", "LL DDDDD", "DDD LL DD", "LLDD LLL", "D LLL DDD", "LLL DDDD", "DDDD LLL",
           "LL DDDD", "DDDDDDD", "LLLLLL", "L DDDDD", "LL DDDDDD", "XXXXXXX", "XXXXXX", "XXXXX", "XXXXXXXX", "DDL DDDDD", "LL LL DDDD", "LLL LLD"]
# America, where a state's name stands above and a motto below
AMERICAN = ["LLL DDDD", "LLL DDDD", "LLLDDDD", "DLLLDDD", "LLL DDD", "DDD LLL", "LLDD LLL", "LLLDLDD", "LL DDDDD", "DDLL DD", "DLL DDDD", "XXX XXXX", "LLDD DLL"]
MOTTOES = ["CALIFORNIA", "TEXAS", "SP - SAO PAULO", "RJ - RIO DE JANEIRO", "BRASIL", "NEW YORK", "FLORIDA", "MEXICO", "ARGENTINA", "The Lone Star State", "MyState.com",
           "Land of Lakes", "MG - CURVELO", "GARDEN STATE", "2026", "TAXI", "HISTORIC", "www.dmv.gov"]
# ground and ink as RGB; share
COLOURS = [
    ((235, 235, 232), (25, 25, 28), 0.56), ((235, 235, 232), (190, 30, 40), 0.07), ((235, 235, 232), (20, 110, 60), 0.06), ((20, 105, 60), (235, 235, 235), 0.07),
    ((185, 25, 35), (240, 240, 240), 0.10), ((235, 190, 40), (25, 25, 28), 0.08), ((20, 20, 22), (235, 235, 235), 0.03), ((40, 70, 150), (235, 235, 235), 0.03),
]
# Motorcycles: form, share; ground and ink (light and ordinary ones, over 250 cm³, over 550 cm³), share
MOTORCYCLE = [("LLL-DDDD", 0.6), ("LLL-DDD", 0.3), ("DDD-LLL", 0.1)]
MOTORCYCLE_COLOURS = [((235, 235, 232), (25, 25, 28), 0.66), ((20, 105, 60), (235, 235, 235), 0.12), ((235, 190, 40), (25, 25, 28), 0.11), ((185, 25, 35), (240, 240, 240), 0.11)]
LEGENDS = ["台灣省", "台北市", "高雄市", "電動車", "金門縣", "連江縣"]


def pick(rng, options):
    return options[int(rng.integers(len(options)))]


def weighted(rng, options, weight):
    shares = np.array([o[weight] for o in options])
    return options[int(rng.choice(len(options), p=shares / shares.sum()))]


def fill(rng, form, letters):
    any_ch = letters + DIGITS
    return "".join({"L": pick(rng, letters), "D": pick(rng, DIGITS), "X": pick(rng, any_ch)}.get(slot, slot) for slot in form)


def draw_text(rng, is_motorcycle=False):
    """Returns the text with separators, the plate's aspect and whether it is Taiwanese."""
    if is_motorcycle:
        text = fill(rng, weighted(rng, MOTORCYCLE, 1)[0], LETTERS)
        text = text[:4] + text[4:].replace("4", pick(rng, "012356789")) if len(text) == 8 else text
        return text, 1.9 * rng.uniform(0.95, 1.06), True
    if rng.random() < 0.68:
        form, _, aspect = weighted(rng, TAIWAN, 1)
        text = fill(rng, form, LETTERS)
        if form == "LLL-DDDD":
            text = text[:4] + text[4:].replace("4", pick(rng, "012356789")) if rng.random() < 0.8 else text
            if rng.random() < 0.3:  # motorcycles of the eighth generation carry the same form on a squarer plate
                aspect = 1.9
        if rng.random() < 0.2:  # M, W, N and Q are few and easily taken for one another
            at = pick(rng, [i for i, ch in enumerate(text) if ch.isalpha()])
            text = text[:at] + pick(rng, "MWWNQ") + text[at + 1:]
        if rng.random() < 0.15:  # what the two dies draw differently, and what is taken for it
            spots = [i for i, ch in enumerate(text) if ch.isdigit()]
            for at in spots:
                if rng.random() < 0.4:
                    text = text[:at] + pick(rng, "335689") + text[at + 1:]
        if rng.random() < 0.12:  # repeated characters are what CTC drops first
            digit = pick(rng, DIGITS)
            text = "".join(digit if ch.isdigit() and rng.random() < 0.7 else ch for ch in text)
        return text, aspect * rng.uniform(0.95, 1.06), True
    aspect = float(rng.choice([4.7, 4.6, 3.05, 2.0], p=[0.5, 0.1, 0.2, 0.2]))
    text = fill(rng, pick(rng, FOREIGN if aspect > 4 or rng.random() < 0.3 else AMERICAN), LETTERS_ALL)
    return text, aspect * rng.uniform(0.93, 1.06), False


def luminances(rng, colours=None):
    ground, ink, _ = weighted(rng, colours or COLOURS, 2)
    mix = np.array([0.30, 0.59, 0.11]) * rng.uniform(0.5, 1.6, 3)  # cameras differ in how they turn colour into grey
    mix /= mix.sum()
    return float(mix @ ground) * rng.uniform(0.85, 1.05), float(mix @ ink) * rng.uniform(0.8, 1.25)


def render(rng, height=80, is_motorcycle=False):
    """A flat plate: uint8 grey picture and its text without separators."""
    text, aspect, is_taiwan = draw_text(rng, is_motorcycle)
    h, w = height, int(height * aspect)
    ground, ink = luminances(rng, MOTORCYCLE_COLOURS if is_motorcycle else COLOURS)
    if is_taiwan:
        font = int(rng.choice([-1, -2, -2])) if rng.random() < 0.62 else int(rng.choice([0, 1, 2, 3, 4, 5, 8], p=[0.28, 0.28, 0.1, 0.1, 0.08, 0.08, 0.08]))
        text_h = h * rng.uniform(0.52, 0.68)
        span, stroke = w * rng.uniform(0.80, 0.95), rng.uniform(0.095, 0.155)
        mid_y = h * rng.uniform(0.49, 0.57)
        gap = text_h * rng.uniform(0.05, 0.15)
    else:
        font = int(rng.choice([-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], p=[0.1, 0.12, 0.1, 0.1, 0.22, 0.08, 0.06, 0.08, 0.04, 0.05, 0.05]))
        text_h = h * (rng.uniform(0.55, 0.80) if aspect > 2.5 else rng.uniform(0.4, 0.6))
        span, stroke = w * rng.uniform(0.72, 0.93), rng.uniform(0.10, 0.18)
        mid_y = h * rng.uniform(0.46, 0.56)
        gap = text_h * rng.uniform(0.06, 0.2)
    mask = np.zeros((h, w), np.uint8)

    dot = pick(rng, ["dot", "dot", "dash", "dash", "none"]) if is_taiwan else pick(rng, ["none", "none", "dash", "dot"])
    sep_w = text_h * (rng.uniform(0.10, 0.26) if dot != "none" else rng.uniform(0.08, 0.4))
    emblem_at = -1
    if not is_taiwan and rng.random() < 0.45:  # coats of arms and inspection stickers are no characters
        if " " not in text:
            cut = int(rng.integers(1, len(text)))
            text = text[:cut] + " " + text[cut:]
        emblem_at = pick(rng, [i for i, ch in enumerate(text) if ch == " "])
    thin, bend = rng.uniform(0.75, 1.25), rng.uniform(-1, 1)
    is_bare = is_taiwan and font == -1 and rng.random() < 0.5  # a one without its flag
    wide = rng.uniform(1.0, 1.35)  # dies differ in how wide M and W are
    widths = [text_h * rng.uniform(0.3, 0.7) if i == emblem_at else sep_w if ch in "- " else natural_width(font, ch) * text_h * (wide if font < 0 and ch in "MW" else 1.0)
              for i, ch in enumerate(text)]
    natural = sum(widths) + gap * (len(text) - 1)
    k = float(np.clip(span / natural, 0.55, 1.35 if is_taiwan else 1.2))
    band = w * rng.uniform(0.06, 0.11) if not is_taiwan and aspect > 2.5 and rng.random() < 0.85 else 0.0
    if natural * k > (w - band) * 0.97:
        k = (w - band) * 0.97 / natural
    x = band + (w - band - natural * k) * rng.uniform(0.35, 0.65)
    wobble = rng.uniform(0, 0.02) * text_h
    emblem = None
    for i, (ch, width) in enumerate(zip(text, widths)):
        if i == emblem_at:
            emblem = (x + width * k / 2, width * k)
        elif ch in "- ":
            if dot != "none":
                size = max(2, int(text_h * rng.uniform(0.08, 0.14)))
                across = size if dot == "dot" else int(min(width * k * 0.9, size * 2))
                cx, cy = int(x + width * k / 2), int(mid_y)
                cv2.rectangle(mask, (cx - across // 2, cy - size // 2), (cx + across // 2, cy + size // 2), 255, -1)
        else:
            if is_bare and ch == "1":
                g = glyph(font, "I", max(width * k * 0.6, 3), text_h, stroke)
            else:
                g = glyph(font, ch, width * k, text_h, stroke * (thin if ch in "MNWKAV" else 1.0), bend)
            gx, gy = int(round(x)), int(round(mid_y - text_h * (0.5 + MARGIN) + rng.normal() * wobble))
            y0, y1, x0, x1 = max(gy, 0), min(gy + g.shape[0], h), max(gx, 0), min(gx + g.shape[1], w)
            if y1 > y0 and x1 > x0:
                part = mask[y0:y1, x0:x1]
                np.maximum(part, g[y0 - gy:y1 - gy, x0 - gx:x1 - gx], out=part)
        x += (width + gap) * k

    plate = np.full((h, w), ground, np.float32)
    if rng.random() < 0.06 and is_taiwan:  # electric: green bands above and below
        bar = int(h * rng.uniform(0.06, 0.13))
        plate[:bar] = plate[-bar:] = ground * rng.uniform(0.3, 0.6)
    if band and rng.random() < 0.3:  # a shield over the country's letters, on the plate's own ground
        draw_emblem(rng, plate, band * 0.55, h * rng.uniform(0.3, 0.45), band * rng.uniform(0.5, 0.8))
        cv2.putText(plate, pick(rng, ["SK", "MC", "FL", "AND", "CH", "UA", "SRB"]), (int(band * 0.15), int(h * rng.uniform(0.75, 0.92))), 0, band / 45, ink, 1, cv2.LINE_AA)
    elif band:
        plate[:, :int(band)] = rng.uniform(25, 130)
        flag(rng, plate, 0, band)
        if rng.random() < 0.15:  # France and Italy have a second one
            right = int(band * 0.9)
            plate[:, w - right:] = rng.uniform(25, 90)
            flag(rng, plate, w - right, right)
    if not is_taiwan and aspect <= 3.3 and rng.random() < 0.7:
        mottoes(rng, plate, ink, mid_y - text_h / 2, mid_y + text_h / 2)
    alpha = mask.astype(np.float32) / 255
    if rng.random() < 0.4:  # pressed metal: a lit and a shaded edge
        edge = cv2.GaussianBlur(alpha, (3, 3), 0)
        shift = np.roll(edge, (1, 1), (0, 1)) - np.roll(edge, (-1, -1), (0, 1))
        plate += shift * rng.uniform(-45, 45)
    if rng.random() < 0.16:  # worn paint, or light that eats parts of strokes
        wear = cv2.resize(rng.random((6, 14)).astype(np.float32), (w, h))
        alpha = alpha * np.clip(1.5 - wear * rng.uniform(0.5, 1.5), 0.1, 1)
    plate = plate * (1 - alpha) + ink * alpha
    if emblem:
        draw_emblem(rng, plate, emblem[0], mid_y, min(emblem[1] * 0.9, text_h))
    fixtures(rng, plate, ground, ink, is_taiwan)
    if rng.random() < 0.5:
        blotch = cv2.resize(rng.random((5, 9)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        plate *= 1 - rng.uniform(0, 0.35) * blotch
    if rng.random() < 0.25:  # a shadow's edge
        a, b = rng.uniform(-0.3, 1.3, 2) * w
        cover = np.zeros((h, w), np.uint8)
        cv2.fillPoly(cover, [np.array([(0, 0), (a, 0), (b, h), (0, h)], np.int32)], 255)
        soft = cv2.GaussianBlur(cover, (0, 0), rng.uniform(0.5, 5)).astype(np.float32) / 255
        plate *= 1 - soft * rng.uniform(0.2, 0.65)
    return np.clip(plate, 0, 255).astype(np.uint8), "".join(ch for ch in text if ch.isalnum())


def flag(rng, plate, left, band):
    """The blue band of European plates: a ring of stars and a country's letters."""
    h = plate.shape[0]
    if rng.random() < 0.8:
        cx, cy, r = left + band / 2, h * rng.uniform(0.25, 0.36), band * rng.uniform(0.26, 0.38)
        bright = rng.uniform(120, 235)
        for i in range(12):
            cv2.circle(plate, (int(cx + r * np.cos(i * np.pi / 6)), int(cy + r * np.sin(i * np.pi / 6))), max(1, int(band * 0.05)), bright, -1, cv2.LINE_AA)
    if rng.random() < 0.85:
        code = pick(rng, ["D", "PL", "F", "RO", "CZ", "I", "H", "SK", "GB", "E", "NL", "A", "S", "HR"])
        size = band / (34 if len(code) > 1 else 24)
        cv2.putText(plate, code, (int(left + band * (0.08 if len(code) > 1 else 0.25)), int(h * rng.uniform(0.78, 0.93))), 0, size, rng.uniform(150, 245), 1 if size < 0.6 else 2, cv2.LINE_AA)


def mottoes(rng, plate, ink, top, bottom):
    """What stands above and below the text of American plates, on a ground that is not all of one shade."""
    h, w = plate.shape
    if rng.random() < 0.5:
        tint = cv2.resize(rng.uniform(-45, 20, (int(rng.integers(2, 4)), int(rng.integers(1, 4)))).astype(np.float32), (w, h), interpolation=cv2.INTER_LINEAR)
        plate += tint
    for y0, y1 in ((h * 0.03, top), (bottom, h * 0.97)):
        room = y1 - y0
        if room < 6 or rng.random() < 0.25:
            continue
        if y0 < top and rng.random() < 0.35:  # a band, as on plates of the Mercosur
            plate[:int(room)] = rng.uniform(30, 110)
        words, face = pick(rng, MOTTOES), pick(rng, [0, 2, 3, 4, 7])
        (tw, th), _ = cv2.getTextSize(words, face, 1.0, 2)
        size = min(room * rng.uniform(0.45, 0.75) / th, w * 0.8 / tw)
        at = (int((w - tw * size) / 2 + rng.normal(0, w * 0.03)), int((y0 + y1 + th * size) / 2))
        cv2.putText(plate, words, at, face, size, ink if rng.random() < 0.7 else rng.uniform(20, 230), 2 if size > 0.55 else 1, cv2.LINE_AA)
    for x in (0.06, 0.94):  # the stickers of the month and the year
        if rng.random() < 0.35:
            half, cy = h * rng.uniform(0.05, 0.1), pick(rng, [top * 0.55, (bottom + h) / 2])
            cv2.rectangle(plate, (int(w * x - half), int(cy - half * 0.7)), (int(w * x + half), int(cy + half * 0.7)), rng.uniform(20, 235), -1)


def draw_emblem(rng, plate, x, y, size):
    """A shield or one or two round stickers, as their blurred colours look in grey."""
    y += rng.normal(0, size * 0.08)
    n = 2 if rng.random() < 0.4 else 1
    for i in range(n):
        cy = y + (i - (n - 1) / 2) * size * 0.8
        r = int(max(2, size * (0.36 if n == 2 else rng.uniform(0.3, 0.5))))
        outer, inner = rng.uniform(20, 230), rng.uniform(20, 230)
        if rng.random() < 0.5:
            cv2.circle(plate, (int(x), int(cy)), r, outer, -1, cv2.LINE_AA)
            cv2.circle(plate, (int(x), int(cy)), max(1, int(r * 0.6)), inner, -1 if rng.random() < 0.6 else 1, cv2.LINE_AA)
        else:
            shield = np.array([(x - r * 0.8, cy - r), (x + r * 0.8, cy - r), (x + r * 0.8, cy + r * 0.2), (x, cy + r), (x - r * 0.8, cy + r * 0.2)], np.int32)
            cv2.fillPoly(plate, [shield], outer, cv2.LINE_AA)
            cv2.line(plate, (int(x), int(cy - r * 0.7)), (int(x), int(cy + r * 0.6)), inner, max(1, r // 5), cv2.LINE_AA)
            cv2.line(plate, (int(x - r * 0.5), int(cy - r * 0.2)), (int(x + r * 0.5), int(cy - r * 0.2)), inner, max(1, r // 5), cv2.LINE_AA)
        if rng.random() < 0.5:  # what is printed on it
            x0, y0, x1, y1 = max(0, int(x - r * 0.7)), max(0, int(cy - r * 0.7)), int(x + r * 0.7), int(cy + r * 0.7)
            part = plate[y0:y1, x0:x1]
            if part.size:
                print_ = cv2.resize(rng.uniform(-90, 90, (int(rng.integers(2, 6)), int(rng.integers(2, 5)))).astype(np.float32), part.shape[::-1], interpolation=cv2.INTER_LINEAR)
                part += print_


def fixtures(rng, plate, ground, ink, is_taiwan):
    """Border, bolts, legend and holder, drawn over the characters as on a real plate."""
    h, w = plate.shape
    if rng.random() < 0.5:
        inset = int(rng.integers(1, max(2, h // 18)))
        cv2.rectangle(plate, (inset, inset), (w - inset - 1, h - inset - 1), ink if rng.random() < 0.5 else ground * rng.uniform(0.6, 0.95), 1, cv2.LINE_AA)
    if rng.random() < 0.8:
        at = rng.uniform(0.2, 0.33)
        y_top, y_low = h * rng.uniform(0.05, 0.15), h * rng.uniform(0.86, 0.95)
        spots = [(at, y_top), (1 - at, y_top)] + ([(at, y_low), (1 - at, y_low)] if rng.random() < 0.6 else [])
        for fx, y in spots:
            size = (max(1, int(h * rng.uniform(0.02, 0.07))), max(1, int(h * rng.uniform(0.015, 0.045))))
            shade = rng.uniform(10, 200)
            cv2.ellipse(plate, (int(w * fx + rng.normal()), int(y)), size, 0, 0, 360, shade, -1, cv2.LINE_AA)
            if rng.random() < 0.3:
                cv2.ellipse(plate, (int(w * fx), int(y)), (max(1, size[0] // 2), max(1, size[1] // 2)), 0, 0, 360, 255 - shade, -1, cv2.LINE_AA)
    if is_taiwan and rng.random() < 0.3:
        mask = legend_mask(pick(rng, LEGENDS))
        lh = max(4, int(h * rng.uniform(0.09, 0.14)))
        lw = int(w * rng.uniform(0.2, 0.36))
        small = cv2.resize(mask, (lw, lh), interpolation=cv2.INTER_AREA).astype(np.float32) / 255 * rng.uniform(0.4, 1)
        x, y = (w - lw) // 2, int(h * rng.uniform(0.02, 0.07))
        part = plate[y:y + lh, x:x + lw]
        part[:] = part * (1 - small[:part.shape[0]]) + ink * small[:part.shape[0]]
    if rng.random() < 0.18:  # a holder covers the lower or upper rim
        rim = int(h * rng.uniform(0.04, 0.13))
        shade = rng.uniform(10, 110)
        if rng.random() < 0.7:
            plate[h - rim:] = shade
        if rng.random() < 0.4:
            plate[:rim // 2] = shade
        if rng.random() < 0.5:
            plate[:, :rim // 2] = plate[:, w - rim // 2:] = shade

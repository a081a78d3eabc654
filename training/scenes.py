"""What a camera makes of a plate: cropped, rectified samples for the reader, and scenes with corner truth for the detector."""

import csv
import os
from pathlib import Path

import cv2
import numpy as np

from glyphs import legend_mask
from plates import DIGITS, LETTERS_ALL, fill, pick, render

READER_H, READER_W = 48, 144
# The plate's corners sit this far inside the reader's picture, as shares of its width and height.
INSET_X, INSET_Y = 0.04, 0.08
SCENE_H, SCENE_W, STRIDE = 256, 320, 8
HERE = Path(__file__).resolve().parent
HELD_OUT = 0.15
EMPTY = 0.04
FLOODED = 0.2


def shared_data():
    return Path(os.environ.get("SHOUHU_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def dashcam(split):
    """Grey Romanian frames with their labelled boxes (x, y, w, h), and further boxes of which nothing is asked: plates that the
    set's labels leave out. The last 15 % of the files by number are held out."""
    root = shared_data() / "plates" / "ro_dashcam"
    boxes, more = {}, {}
    for table, known in ((root / "labels.tsv", boxes), (HERE / "ro_dashcam_more.tsv", more)):
        for row in csv.DictReader(open(table), delimiter="\t"):
            known.setdefault(row["image"], []).append([float(row[k]) for k in "xywh"])
    names = sorted(p.name for p in (root / "images").iterdir())
    cut = int(len(names) * (1 - HELD_OUT))
    names = names[:cut] if split == "train" else names[cut:]
    return [(cv2.imread(str(root / "images" / n), cv2.IMREAD_GRAYSCALE), boxes.get(n, []), more.get(n, [])) for n in names]


def pose(rng, aspect, strength=1.0):
    """Four corners of a unit-high plate seen by a camera at a random angle, centred on the origin."""
    # Cameras mostly look down, and a plate turned away and seen from above leans: its long edges slope, its short ones do not.
    yaw, pitch, roll = (np.clip(rng.normal(m, s), -lim, lim) * strength for m, s, lim in ((0, 0.5, 1.1), (-0.1, 0.3, 0.75), (0, 0.11, 0.4)))
    if rng.random() < 0.25:
        yaw, pitch, roll = yaw * 0.2, pitch * 0.2, roll * 0.3
    elif rng.random() < 0.15:  # a motorcycle on its stand, a telephone held askew
        roll = float(np.clip(rng.normal(0, 0.3), -0.6, 0.6)) * strength
    corners = np.array([(-aspect / 2, -0.5, 0), (aspect / 2, -0.5, 0), (aspect / 2, 0.5, 0), (-aspect / 2, 0.5, 0)])
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    turn = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]]) @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    seen = corners @ turn.T
    depth = rng.uniform(6, 30) + seen[:, 2]
    flat = seen[:, :2] / depth[:, None]
    flat -= flat.mean(0)
    if rng.random() < 0.4:  # near and off the axis the lens leans plates over further than a turn of the plate alone
        lean, slope = rng.normal(0, 0.2) * strength, rng.normal(0, 0.16) * strength
        flat = flat @ np.array([[1, slope], [lean, 1]])
    high = (np.linalg.norm(flat[3] - flat[0]) + np.linalg.norm(flat[2] - flat[1])) / 2
    return flat / max(high, 1e-6)


def paste(canvas, plate, quad, soft=0.0, gain=1.0):
    """Draws the flat plate into the float canvas at `quad`."""
    ph, pw = plate.shape
    high = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    wide = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    shrink = min(1.0, max(high / ph, wide / pw) * 1.3)
    if shrink < 0.95:
        plate = cv2.resize(plate, (max(4, int(pw * shrink)), max(4, int(ph * shrink))), interpolation=cv2.INTER_AREA)
        ph, pw = plate.shape
    x0, y0 = np.maximum(np.floor(quad.min(0)).astype(int) - 3, 0)
    x1, y1 = np.minimum(np.ceil(quad.max(0)).astype(int) + 4, canvas.shape[::-1])
    if x1 <= x0 or y1 <= y0:
        return
    source = np.array([(0, 0), (pw, 0), (pw, ph), (0, ph)], np.float32)
    warp = cv2.getPerspectiveTransform(source, (quad - (x0, y0)).astype(np.float32))
    size = (int(x1 - x0), int(y1 - y0))
    drawn = cv2.warpPerspective(plate, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    cover = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(cover, np.round((quad - (x0, y0)) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    alpha = cover.astype(np.float32) / 255
    if soft > 0:
        alpha = cv2.GaussianBlur(alpha, (0, 0), soft)
    part = canvas[y0:y1, x0:x1]
    part[:] = part * (1 - alpha) + np.clip(drawn * gain, 0, 255) * alpha


def backdrop(rng, frames, h, w):
    if frames and rng.random() < 0.6:
        image, _, _ = pick(rng, frames)
        zoom = rng.uniform(0.3, 1.5)
        ch, cw = min(int(h / zoom) + 1, image.shape[0]), min(int(w / zoom) + 1, image.shape[1])
        y, x = int(rng.integers(image.shape[0] - ch + 1)), int(rng.integers(image.shape[1] - cw + 1))
        part = cv2.resize(image[y:y + ch, x:x + cw], (w, h), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        return np.clip(part * rng.uniform(0.6, 1.8) + rng.uniform(-20, 60), 0, 255)
    low = rng.uniform(0, 220) + rng.normal(0, 30, (3, 3)).astype(np.float32)
    return np.clip(cv2.resize(low, (w, h), interpolation=cv2.INTER_LINEAR), 0, 255).astype(np.float32)


def flood(rng, image, detail):
    """Light that burns, in linear light: it spills from the bright ground into the strokes beside it and is cut off by the sensor, which
    leaves thin, broken, pale strokes; the camera then sharpens what is left."""
    linear = (np.clip(image, 0, 255) / 255) ** 2.2 + rng.uniform(0.0, 0.06)
    gain = np.exp(rng.uniform(np.log(1.3), np.log(8)))
    while gain > 1.3 and np.clip(linear * gain, 0, 1).std() < 0.12:  # what has burnt away altogether teaches guessing
        gain *= 0.7
    linear = linear * gain
    near = cv2.GaussianBlur(linear, (0, 0), max(0.4, detail * rng.uniform(0.03, 0.12)))
    far = cv2.GaussianBlur(linear, (0, 0), max(0.8, detail * rng.uniform(0.2, 0.8)))
    spill, haze = rng.uniform(0.1, 0.7), rng.uniform(0, 0.12)
    seen = np.clip(linear * (1 - spill - haze) + near * spill + far * haze, 0, 1) ** (1 / 2.2)
    if rng.random() < 0.6:
        seen = seen + (seen - cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.7, 1.8))) * rng.uniform(0.5, 3.0)
    return np.clip(seen, 0, 1).astype(np.float32) * 255


def sensor(rng, image, detail):
    """Light, lens, sensor and codec; `detail` is the height of the smallest thing to keep, in pixels."""
    h, w = image.shape
    if rng.random() < 0.15:  # glare
        cx, cy, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0.2, 1.0) * h
        yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
        image = image + rng.uniform(40, 180) * np.exp(-((xx - cx) ** 2 + (yy - cy) ** 2) / (2 * r * r))
    is_flooded = rng.random() < FLOODED
    if is_flooded:
        image = flood(rng, image, detail)
    image = np.clip(image, 0, 255) / 255
    image = image ** rng.uniform(0.55, 1.8) if rng.random() < 0.5 else image
    kind = max(rng.random(), 0.2 if is_flooded else 0.0)
    if kind < 0.2:  # over-exposed: ink fades into the ground, and thin strokes burn away
        image = 1 - (1 - image) * rng.uniform(0.28, 0.9) if rng.random() < 0.5 else image * rng.uniform(1.1, 1.9)
    elif kind < 0.36:  # night
        image = image * rng.uniform(0.2, 0.8) + rng.uniform(0, 0.12)
    else:
        image = (image - 0.5) * rng.uniform(0.6, 1.35) + 0.5 + rng.uniform(-0.12, 0.12)
    if rng.random() < 0.55:
        image = cv2.GaussianBlur(image, (0, 0), max(0.2, detail * rng.uniform(0.01, 0.085)))
    if rng.random() < 0.22:
        length = max(2, int(detail * rng.uniform(0.08, 0.3)))
        kernel = np.zeros((length, length), np.float32)
        turn = rng.normal(0, 0.5) if rng.random() < 0.7 else rng.uniform(0, np.pi)
        dx, dy = np.cos(turn) * length / 2, np.sin(turn) * length / 2
        cv2.line(kernel, (int(round(length / 2 - 0.5 - dx)), int(round(length / 2 - 0.5 - dy))), (int(round(length / 2 - 0.5 + dx)), int(round(length / 2 - 0.5 + dy))), 1.0)
        image = cv2.filter2D(image, -1, kernel / max(kernel.sum(), 1e-6))
    if rng.random() < 0.5:
        image = image + rng.normal(0, 0.003 + 0.05 * rng.random() ** 2, image.shape)
    image = image.astype(np.float32)
    coarse = rng.uniform(1.15, 2.2) if detail > 12 and rng.random() < 0.2 else 1.0  # a small sensor's picture blown up
    if coarse > 1:
        image = cv2.resize(image, (max(8, int(w / coarse)), max(8, int(h / coarse))), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.35:  # a camera's sharpening, often of what has been clipped already
        image = np.clip(image, 0, 1) if rng.random() < 0.5 else image
        image = image + (image - cv2.GaussianBlur(image, (0, 0), rng.uniform(0.7, 2.2))) * rng.uniform(0.3, 2.8)
    if coarse > 1:
        image = cv2.resize(np.clip(image, 0, 1), (w, h), interpolation=cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_CUBIC)
    out = np.clip(image * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        _, packed = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(22, 92))])
        out = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    return out


def rectify(image, quad):
    """The reader's picture: the quad warped so that its corners sit at the insets. The Rust side does the same."""
    w, h = READER_W, READER_H
    x0, x1, y0, y1 = w * INSET_X, w * (1 - INSET_X), h * INSET_Y, h * (1 - INSET_Y)
    high = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    wide = (np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    over = int(np.clip(np.ceil(max(high / (y1 - y0), wide / (x1 - x0)) - 0.25), 1, 4))
    target = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32) * over
    warp = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    big = cv2.warpPerspective(image, warp, (w * over, h * over), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(big, (w, h), interpolation=cv2.INTER_AREA) if over > 1 else big


def normalise(picture):
    x = picture.astype(np.float32)
    return (x - x.mean()) / (x.std() + 8.0)


def reader_sample(rng, frames, is_easy=False):
    """A rectified picture (48×144, uint8) and its text. Easy ones are large, clear and well framed: CTC needs them to start.
    A few hold no plate and no text, so that the reader can tell the detector that it was wrong."""
    plate, text = render(rng)
    if not is_easy and rng.random() < EMPTY:
        plate, text = np.clip(backdrop(rng, frames, *plate.shape), 0, 255).astype(np.uint8), ""
    aspect = plate.shape[1] / plate.shape[0]
    text_px = np.exp(rng.uniform(np.log(20 if is_easy else 9), np.log(60)))
    high = text_px / 0.6
    quad = pose(rng, aspect) * high
    low, up = quad.min(0), quad.max(0)
    pad = 0.3 * high + 4
    quad = quad - low + pad + rng.uniform(0, 1, 2)
    w, h = (np.ceil(up - low + 2 * pad).astype(int) + 1).tolist()
    canvas = backdrop(rng, frames, h, w)
    paste(canvas, plate, quad, soft=rng.uniform(0, 0.05) * high / 4, gain=rng.uniform(0.8, 1.15))
    seen = canvas.astype(np.uint8) if is_easy else sensor(rng, canvas, text_px)
    # The detector's corners are never exact: framing, tilt and each corner move.
    centre = quad.mean(0)
    across, along = (quad[1] + quad[2] - quad[0] - quad[3]) / 2, (quad[2] + quad[3] - quad[0] - quad[1]) / 2
    spread = 0.3 if is_easy else rng.choice([0.35, 1.0], p=[0.35, 0.65])
    sx, sy = 1 + rng.uniform(-0.09, 0.15) * spread, 1 + rng.uniform(-0.13, 0.25) * spread
    moved = quad + np.array([-1, 1, 1, -1])[:, None] * across * (sx - 1) / 2 + np.array([-1, -1, 1, 1])[:, None] * along * (sy - 1) / 2
    moved += across * rng.normal(0, 0.02) * spread + along * rng.normal(0, 0.045) * spread
    high_edge = (along / max(np.linalg.norm(along), 1e-6))[::-1] * (-1, 1) * np.linalg.norm(along)
    moved += np.array([1, 1, -1, -1])[:, None] * high_edge * rng.normal(0, 0.09) * spread  # what the outline missed of a lean
    tilt = rng.normal(0, 0.05) * spread
    moved = centre + (moved - centre) @ np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    moved += rng.normal(0, 0.015, (4, 1)) * across * spread + rng.normal(0, 0.04, (4, 1)) * along * spread
    return rectify(seen, moved), text


def clutter(rng, canvas):
    """Things that look like plates and are none: lettering, boards, blank rectangles, grilles, what a camera burns into its picture."""
    h, w = canvas.shape
    kind = int(rng.integers(9))
    x, y = rng.uniform(0, w * 0.9), rng.uniform(0, h * 0.9)
    shade, ink = rng.uniform(0, 255), rng.uniform(0, 255)
    if kind == 0:
        text = fill(rng, "X" * int(rng.integers(3, 13)), LETTERS_ALL + DIGITS + "  ")
        cv2.putText(canvas, text, (int(x), int(y)), int(rng.integers(8)), rng.uniform(0.3, 1.6), ink, int(rng.integers(1, 4)), cv2.LINE_AA)
    elif kind == 1:
        mask = legend_mask("".join(pick(rng, list("台北市政府計程車無線電叫車服務專線學校交通工程安全第一國立大學")) for _ in range(int(rng.integers(2, 5)))))
        size = rng.uniform(0.2, 1.2)
        small = cv2.resize(mask, None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
        part = canvas[int(y):int(y) + small.shape[0], int(x):int(x) + small.shape[1]]
        alpha = small[:part.shape[0], :part.shape[1]].astype(np.float32) / 255
        part[:] = part * (1 - alpha) + ink * alpha
    elif kind == 2:
        bw, bh = rng.uniform(10, 160), rng.uniform(6, 60)
        cv2.rectangle(canvas, (int(x), int(y)), (int(x + bw), int(y + bh)), shade, -1, cv2.LINE_AA)
    elif kind == 3:
        bw, bh, n = rng.uniform(30, 150), rng.uniform(12, 50), int(rng.integers(3, 9))
        for i in range(n):
            yy = int(y + bh * i / n)
            cv2.line(canvas, (int(x), yy), (int(x + bw), yy), shade, max(1, int(bh / n / 2)), cv2.LINE_AA)
    elif kind == 4:  # a taxi's hotline or roof sign: digits like a plate's, without its plate
        text = pick(rng, ["55688", "TAXI", "TAXI", "178", "55178", "110", "119", "0800", "405", "56789"])
        size, thick = rng.uniform(0.4, 1.8), int(rng.integers(1, 5))
        (tw, th), _ = cv2.getTextSize(text, pick(rng, [0, 2, 16]), size, thick)
        if rng.random() < 0.5:
            axes = (int(tw * rng.uniform(0.55, 0.75)), int(th * rng.uniform(0.8, 1.6)))
            cv2.ellipse(canvas, (int(x + tw / 2), int(y - th / 2)), axes, 0, 0, 360, shade, -1, cv2.LINE_AA)
        cv2.putText(canvas, text, (int(x), int(y)), pick(rng, [0, 2, 16]), size, ink, thick, cv2.LINE_AA)
    elif kind == 5:  # a maker's badge: rings and bars
        r = rng.uniform(4, 25)
        for i in range(int(rng.integers(1, 5))):
            cv2.ellipse(canvas, (int(x + i * r * 1.3), int(y)), (int(r), int(r * rng.uniform(0.6, 1.0))), 0, 0, 360, shade, max(1, int(r / 5)), cv2.LINE_AA)
        cv2.line(canvas, (int(x - r), int(y)), (int(x + r), int(y)), ink, max(1, int(r / 5)), cv2.LINE_AA)
    elif kind == 7:  # lamps and their glare: bright and dark blobs with a rim, in a row as on a car's front
        bw, bh = rng.uniform(10, 80), rng.uniform(6, 30)
        turn = rng.normal(0, 0.15)
        for _ in range(int(rng.integers(1, 4))):
            box = ((float(x), float(y)), (float(bw * rng.uniform(0.5, 1)), float(bh * rng.uniform(0.5, 1))), float(np.degrees(turn)))
            cv2.ellipse(canvas, box, rng.uniform(0, 255), -1 if rng.random() < 0.6 else int(rng.integers(1, 4)), cv2.LINE_AA)
            x += rng.normal(0, bw * 0.4)
    elif kind == 8:  # date, time and place as cameras write them, with a rim so that they show on any ground
        form = pick(rng, ["{y}-{m:02}-{d:02} {h:02}:{n:02}:{s:02}", "{m:02}/{d:02}/{y} {h:02}:{n:02}", "{y}/{m:02}/{d:02}", "{h:02}:{n:02}:{s:02}", "CAM {n}", "CH {n:02}", "IPCamera {n:02}", "{s} KM/H", "A{n:03}"])
        size, face = rng.uniform(0.3, 1.1), pick(rng, [0, 0, 1, 2, 3])
        at = (int(rng.uniform(-0.1, 0.6) * w), int(pick(rng, [rng.uniform(10, 40), h - rng.uniform(3, 30), rng.uniform(10, h)])))
        words = form.format(**{part: int(rng.integers(*span)) for part, span in {"y": (2010, 2031), "m": (1, 13), "d": (1, 29), "h": (0, 24), "n": (0, 60), "s": (0, 60)}.items()})
        if rng.random() < 0.7:
            cv2.putText(canvas, words, at, face, size, 10.0, 4 if size > 0.6 else 3, cv2.LINE_AA)
        cv2.putText(canvas, words, at, face, size, 245.0, 2 if size > 0.7 else 1, cv2.LINE_AA)
    else:  # a sign: board with several short lines
        bw, bh = rng.uniform(30, 120), rng.uniform(30, 90)
        cv2.rectangle(canvas, (int(x), int(y)), (int(x + bw), int(y + bh)), shade, -1)
        for line in range(1, int(rng.integers(2, 5))):
            cv2.putText(canvas, fill(rng, "X" * int(rng.integers(2, 8)), LETTERS_ALL + DIGITS), (int(x + 3), int(y + line * bh / 4)), 0, rng.uniform(0.2, 0.6), ink, 1, cv2.LINE_AA)


def rear_wheel(rng, canvas, quad):
    """What is round a motorcycle's plate, in shades: a tyre below, a mudguard behind, lamps and a bracket above."""
    x, y = quad.mean(0)
    w, h = np.ptp(quad[:, 0]), np.ptp(quad[:, 1])
    dark = rng.uniform(5, 70)
    wheel = ((float(x + rng.normal(0, w * 0.2)), float(y + h * rng.uniform(0.7, 1.6))), (float(w * rng.uniform(0.4, 0.9)), float(h * rng.uniform(2.0, 4.5))), float(rng.normal(0, 12)))
    cv2.ellipse(canvas, wheel, dark, -1, cv2.LINE_AA)
    if rng.random() < 0.6:  # the rim
        cv2.ellipse(canvas, (wheel[0], (wheel[1][0] * 0.75, wheel[1][1] * 0.75), wheel[2]), rng.uniform(20, 220), max(1, int(h * 0.06)), cv2.LINE_AA)
    guard = np.array([(x - w * rng.uniform(0.2, 0.7), y + h * 0.3), (x + w * rng.uniform(0.2, 0.7), y + h * 0.3),
                      (x + w * rng.uniform(0.1, 0.4), y - h * rng.uniform(0.8, 2.2)), (x - w * rng.uniform(0.1, 0.4), y - h * rng.uniform(0.8, 2.2))])
    cv2.fillPoly(canvas, [guard.astype(np.int32)], rng.uniform(5, 120), cv2.LINE_AA)
    for side in (-1, 1, 0):
        if rng.random() < 0.6:
            lamp = ((float(x + side * w * rng.uniform(0.25, 0.8)), float(y - h * rng.uniform(0.7, 1.2))), (float(w * rng.uniform(0.12, 0.4)), float(h * rng.uniform(0.15, 0.5))), float(rng.normal(0, 15)))
            cv2.ellipse(canvas, lamp, rng.uniform(20, 255), -1, cv2.LINE_AA)


def scene(rng, frames):
    """A grey scene (256×320), and its plates as (quad, trust, text): corners of pasted plates are exact,
    known boxes only roughly; with trust 0 nothing is asked."""
    image, boxes, more = pick(rng, frames)
    plates = []
    if rng.random() < 0.5 and boxes:  # look near a known plate at some zoom
        bx, by, bw, bh = boxes[int(rng.integers(len(boxes)))]
        zoom = np.clip(np.exp(rng.uniform(np.log(16), np.log(190))) / bw, 0.25, 3.0)
        cx, cy = bx + bw / 2 + rng.uniform(-0.4, 0.4) * SCENE_W / zoom, by + bh / 2 + rng.uniform(-0.4, 0.4) * SCENE_H / zoom
    else:
        zoom = np.exp(rng.uniform(np.log(0.36), np.log(1.4)))
        cx, cy = rng.uniform(0, image.shape[1]), rng.uniform(0, image.shape[0])
    cw, ch = min(int(SCENE_W / zoom), image.shape[1]), min(int(SCENE_H / zoom), image.shape[0])
    x0, y0 = int(np.clip(cx - cw / 2, 0, image.shape[1] - cw)), int(np.clip(cy - ch / 2, 0, image.shape[0] - ch))
    fx, fy = SCENE_W / cw, SCENE_H / ch
    canvas = cv2.resize(image[y0:y0 + ch, x0:x0 + cw], (SCENE_W, SCENE_H), interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR).astype(np.float32)
    for trust, known in ((0.03, boxes), (0.0, more)):
        for bx, by, bw, bh in known:
            x, y, w, h = (bx - x0) * fx, (by - y0) * fy, bw * fx, bh * fy
            plates.append((np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)]), trust, ""))
    if rng.random() < 0.5:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
        plates = [(np.stack([SCENE_W - q[[1, 0, 3, 2], 0], q[[1, 0, 3, 2], 1]], 1), *rest) for q, *rest in plates]
    for _ in range(int(rng.integers(0, 6))):
        clutter(rng, canvas)
    detail = 12.0
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.2, 0.4, 0.25, 0.15]))):
        flat, text = render(rng, 64)
        wide = np.exp(rng.uniform(np.log(18), np.log(200)))
        aspect = flat.shape[1] / flat.shape[0]
        quad = pose(rng, aspect, 0.9)
        quad *= wide / np.ptp(quad[:, 0])
        known = [i for i, (q, t, _) in enumerate(plates) if 0 < t < 1 and 0 < q[:, 0].mean() < SCENE_W and 0 < q[:, 1].mean() < SCENE_H]
        if known and rng.random() < 0.6:  # in the place of a known plate, covering it
            i = known[int(rng.integers(len(known)))]
            old = plates[i][0]
            quad *= max(np.ptp(old[:, 0]) * 1.08 / np.ptp(quad[:, 0]), np.ptp(old[:, 1]) * 1.1 / np.ptp(quad[:, 1]))
            quad += old.mean(0)
            if np.ptp(quad[:, 0]) > 230:
                continue
            plates.pop(i)
        else:
            quad += (rng.uniform(0, SCENE_W), rng.uniform(0, SCENE_H))
            if any(overlap(quad, q, 0.35) for q, _, _ in plates):
                continue
            if rng.random() < 0.3:
                rear_wheel(rng, canvas, quad)
            elif rng.random() < 0.5:  # the panel that carries it
                grow = quad.mean(0) + (quad - quad.mean(0)) * rng.uniform(1.1, 1.7, 2)
                around = cv2.resize(rng.uniform(0, 255) + rng.normal(0, 25, (3, 4)).astype(np.float32), (64, 32), interpolation=cv2.INTER_LINEAR)
                paste(canvas, np.clip(around, 0, 255).astype(np.uint8), grow, soft=1.0)
        local = canvas[max(0, int(quad[:, 1].min())):int(quad[:, 1].max()) + 1, max(0, int(quad[:, 0].min())):int(quad[:, 0].max()) + 1]
        gain = 1.0 if rng.random() < 0.5 or local.size == 0 else float(np.clip((local.mean() + 60) / 150, 0.35, 1.2))
        paste(canvas, flat, quad, soft=rng.uniform(0.2, 1.0), gain=gain)
        plates.append((quad, 1.0, text))
        detail = min(detail, max(4.0, 0.5 * np.ptp(quad[:, 1])))
    seen = sensor(rng, canvas, detail)
    return seen, [(quad, trust if trust < 1 or is_visible(seen, quad) else 0.0, text) for quad, trust, text in plates]


def motorcycle(rng):
    """A scene as above with one motorcycle's plate of 30 to 170 px and nothing that was photographed."""
    canvas = backdrop(rng, None, SCENE_H, SCENE_W)
    for _ in range(int(rng.integers(0, 4))):
        clutter(rng, canvas)
    flat, text = render(rng, 64, is_motorcycle=True)
    quad = pose(rng, flat.shape[1] / flat.shape[0], 0.8)
    quad *= np.exp(rng.uniform(np.log(30), np.log(170))) / np.ptp(quad[:, 0])
    half = np.ptp(quad, axis=0) / 2 + 4
    quad += [rng.uniform(half[0], SCENE_W - half[0]), rng.uniform(half[1], max(half[1] + 1, SCENE_H - half[1]))]
    rear_wheel(rng, canvas, quad)
    paste(canvas, flat, quad, soft=rng.uniform(0.2, 1.0))
    seen = sensor(rng, canvas, max(4.0, 0.5 * np.ptp(quad[:, 1])))
    return seen, [(quad, 1.0 if is_visible(seen, quad) else 0.0, text)]


def signs(rng):
    """A scene full of writing without any plate."""
    canvas = backdrop(rng, None, SCENE_H, SCENE_W)
    for _ in range(int(rng.integers(6, 15))):
        clutter(rng, canvas)
    return sensor(rng, canvas, 12.0), []


def is_visible(seen, quad):
    """A plate that night or glare has swallowed is no example of one."""
    (x0, y0), (x1, y1) = np.maximum(quad.min(0), 0).astype(int), np.maximum(quad.max(0), 0).astype(int) + 1
    inside = seen[y0:y1, x0:x1]
    return inside.size > 0 and float(inside.std()) > 7.0


def overlap(a, b, pad):
    (ax0, ay0), (ax1, ay1), (bx0, by0), (bx1, by1) = a.min(0), a.max(0), b.min(0), b.max(0)
    px, py = pad * (ax1 - ax0), pad * (ay1 - ay0)
    return ax0 - px < bx1 and bx0 < ax1 + px and ay0 - py < by1 and by0 < ay1 + py


def targets(plates):
    """Heat (1), corner offsets (8, in strides), weight of the offsets (1) and of the heat (1) on the stride-8 grid."""
    gh, gw = SCENE_H // STRIDE, SCENE_W // STRIDE
    heat, trust, heed = np.zeros((gh, gw), np.float32), np.zeros((gh, gw), np.float32), np.ones((gh, gw), np.float32)
    corners = np.zeros((8, gh, gw), np.float32)
    yy, xx = np.mgrid[0:gh, 0:gw].astype(np.float32)
    for quad, sure, _ in plates:
        cx, cy = quad.mean(0) / STRIDE - 0.5
        w, h = np.ptp(quad[:, 0]) / STRIDE, np.ptp(quad[:, 1]) / STRIDE
        x0, x1, y0, y1 = quad[:, 0].min(), quad[:, 0].max(), quad[:, 1].min(), quad[:, 1].max()
        inside = max(0, min(x1, SCENE_W) - max(x0, 0)) * max(0, min(y1, SCENE_H) - max(y0, 0)) / max((x1 - x0) * (y1 - y0), 1e-6)
        if inside <= 0:
            continue
        if inside < 0.85 or w * STRIDE < 13 or sure == 0:  # cut off, too small or unseen: neither plate nor not
            heed[max(0, int(cy - h)):int(cy + h) + 2, max(0, int(cx - w / 2)):int(cx + w / 2) + 2] = 0
            continue
        sx, sy = max(0.55, w * 0.09), max(0.5, h * 0.14)
        bump = np.exp(-((xx - cx) ** 2) / (2 * sx * sx) - ((yy - cy) ** 2) / (2 * sy * sy))
        gx, gy = int(np.clip(round(cx), 0, gw - 1)), int(np.clip(round(cy), 0, gh - 1))
        bump[gy, gx] = 1
        np.maximum(heat, bump, out=heat)
        near = bump > 0.35
        for i, (px, py) in enumerate(quad / STRIDE - 0.5):
            corners[2 * i][near] = (px - xx)[near]
            corners[2 * i + 1][near] = (py - yy)[near]
        trust[near] = sure / max(h, 1.0)
    return heat, corners, trust, heed

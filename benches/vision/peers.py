#!/usr/bin/env python3
"""What other readers make of the same photographs: one line per picture, for `score --peer=FILE`.

    peers.py rapidocr PLATES_FOLDER OUT.tsv        (pip install -r requirements.txt)
    peers.py tesseract PLATES_FOLDER OUT.tsv       (apt-get install tesseract-ocr)

Each gets the whole picture, as ours does, and every string that it reads counts. CPU time is the process's own and its
children's, on one thread; loading is not counted. The output holds real plates: keep it outside the repository.
"""

import os
import re
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OMP_THREAD_LIMIT"] = "1"
SETS = ["tw_front_a", "tw_koukya", "tw_enforce_a", "oalpr_eu"]


def cpu_ms():
    spent = os.times()
    return 1000 * (spent.user + spent.system + spent.children_user + spent.children_system)


def rapidocr():
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def read(path):
        found, _ = engine(path)
        return [text for _, text, _ in found or []]

    return read


def tesseract():
    def read(path):
        # Sparse text in no order; a picture of a street has no pages.
        out = subprocess.run(["tesseract", path, "-", "--psm", "11", "-l", "eng"], capture_output=True, text=True, errors="replace")
        return [line for line in out.stdout.splitlines() if line.strip()]

    return read


def images(folder):
    """In the order of the labels."""
    with open(os.path.join(folder, "labels.tsv"), encoding="utf-8") as table:
        names = [line.split("\t")[0] for line in table.read().splitlines()[1:] if line]
    return list(dict.fromkeys(names))


def main():
    which, root, out = sys.argv[1:]
    read = {"rapidocr": rapidocr, "tesseract": tesseract}[which]()
    started = time.time()
    with open(out, "w", encoding="utf-8") as table:
        for name in SETS:
            folder = os.path.join(root, name)
            if not os.path.isdir(folder):
                continue
            for index, image in enumerate(images(folder)):
                path = os.path.join(folder, "images", image)
                if index == 0:
                    read(path)  # The first picture warms up.
                before = cpu_ms()
                texts = read(path)
                spent = cpu_ms() - before
                words = " ".join(word for word in (re.sub(r"[^A-Za-z0-9]", "", text) for text in texts) if word)
                table.write(f"{name}\t{image}\t{spent:.0f}\t{words}\n")
                table.flush()
            print(f"{which}: {name} after {time.time() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()

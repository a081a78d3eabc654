"""Checks an exported log with other people's code: pymerkle for the tree, cryptography for the signature.

usage: independent.py FOLDER PROOF...

Exit status: 0 the export is good, 1 it is not, 77 a package is missing (pip install pymerkle cryptography).
Nothing here was written from our own code: the file formats are those of c2sp.org/tlog-tiles, signed-note and tlog-proof.
"""

import base64
import hashlib
import pathlib
import struct
import sys

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from pymerkle import InmemoryTree, InvalidProof, verify_consistency, verify_inclusion
except ImportError as missing:
    print(f"not installed: {missing.name}")
    sys.exit(77)


def fail(text):
    print(f"refused: {text}")
    sys.exit(1)


def opened(note, vkey):
    """Origin, size and root of a checkpoint that the key has signed."""
    name, key_id, material = vkey.strip().split("+", 2)
    material = base64.b64decode(material, validate=True)
    if material[0] != 1 or hashlib.sha256(name.encode() + b"\n" + material).digest()[:4].hex() != key_id:
        fail("the verifier key does not fit its own id")
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    for line in signatures.splitlines():
        dash, who, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        if dash == "\u2014" and who == name and signature[:4].hex() == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(material[1:]).verify(signature[4:], text.encode())
            except InvalidSignature:
                fail("the checkpoint's signature")
            origin, size, root = text.splitlines()
            if origin != name:
                fail("the checkpoint is of another log")
            return int(size), base64.b64decode(root, validate=True)
    fail("the checkpoint is not signed by the key")


def entries(folder, size):
    """What was hashed into the leaves, in order."""
    for first in range(0, size, 256):
        digits = f"{first // 256:03d}"
        if len(digits) > 3:
            fail("this script reads no log of more than 256,000 leaves")
        width = min(256, size - first)
        path = folder / "tile" / "entries" / (digits if width == 256 else f"{digits}.p/{width}")
        bundle = path.read_bytes()
        for _ in range(width):
            (length,) = struct.unpack_from(">H", bundle)
            yield bundle[2 : 2 + length]
            bundle = bundle[2 + length :]


def main():
    folder = pathlib.Path(sys.argv[1])
    vkey = (folder / "log.key").read_text()
    size, root = opened((folder / "checkpoint").read_text(), vkey)
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries(folder, size):
        tree.append_entry(entry)
    if tree.get_size() != size or tree.get_root() != root:
        fail("the entries give another root than the signed one")
    for name in sys.argv[2:]:
        lines = pathlib.Path(name).read_text()
        head, note = lines.split("\n\n", 1)
        header, extra, index, *path = head.split("\n")
        if header != "c2sp.org/tlog-proof@v1":
            fail(f"{name}: no tlog-proof")
        under, signed_root = opened(note, vkey)
        leaf = hashlib.sha256(b"\0" + base64.b64decode(extra.removeprefix("extra "), validate=True)).digest()
        number = int(index.removeprefix("index ")) + 1
        theirs = tree.prove_inclusion(number, under)
        if theirs.path[1:] != [base64.b64decode(line, validate=True) for line in path]:
            fail(f"{name}: other hashes than pymerkle's")
        try:
            verify_inclusion(leaf, signed_root, theirs, index=number, size=under)
            if under < size:
                verify_consistency(signed_root, root, tree.prove_consistency(under, size), prior_size=under, later_size=size)
        except InvalidProof as error:
            fail(f"{name}: {error}")
    print(f"good: {size} leaves, {len(sys.argv) - 2} proofs")


main()

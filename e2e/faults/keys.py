"""Keys that people and devices sign with, by libcrypto, which Python's own ssl module already brings: nothing to install.

Written apart from the Rust code, from the specifications (WebAuthn Level 3 with attestation "none", docs of the device protocol),
so that it checks the protocol and not an implementation against itself.
"""
import base64, ctypes, ctypes.util, hashlib, json, os, struct, time

_lib = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
_POINTER = ctypes.c_void_p
for _name, _gives in {"EVP_PKEY_new_raw_private_key": _POINTER, "EVP_PKEY_Q_keygen": _POINTER, "EVP_MD_CTX_new": _POINTER, "EVP_sha256": _POINTER,
                      "EVP_PKEY_get_raw_public_key": ctypes.c_int, "EVP_DigestSignInit": ctypes.c_int, "EVP_DigestSign": ctypes.c_int,
                      "i2d_PUBKEY": ctypes.c_int, "EVP_MD_CTX_free": None}.items():
    getattr(_lib, _name).restype = _gives
_ED25519 = 1087  # NID of OpenSSL
_SIGNATURE_BYTES_MAX = 128


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _sign(key, data, digest):
    context = _POINTER(_lib.EVP_MD_CTX_new())
    try:
        if _lib.EVP_DigestSignInit(context, None, digest, None, key) != 1:
            raise RuntimeError("libcrypto does not sign with this key")
        out, length = ctypes.create_string_buffer(_SIGNATURE_BYTES_MAX), ctypes.c_size_t(_SIGNATURE_BYTES_MAX)
        if _lib.EVP_DigestSign(context, out, ctypes.byref(length), data, ctypes.c_size_t(len(data))) != 1:
            raise RuntimeError("libcrypto did not sign")
        return out.raw[: length.value]
    finally:
        _lib.EVP_MD_CTX_free(context)


class DeviceKey:
    """Ed25519, as the edge agent's."""

    def __init__(self):
        secret = os.urandom(32)
        self.key = _POINTER(_lib.EVP_PKEY_new_raw_private_key(_ED25519, None, secret, ctypes.c_size_t(32)))
        out, length = ctypes.create_string_buffer(32), ctypes.c_size_t(32)
        _lib.EVP_PKEY_get_raw_public_key(self.key, out, ctypes.byref(length))
        self.public = base64.b64encode(out.raw).decode()

    def headers(self, device, method, path, body, at_us=None):
        """What names the device and proves that it sends exactly this."""
        at_us = time.time_ns() // 1000 if at_us is None else at_us
        text = f"shouhu-device-request-v1\n{method}\n{path}\n{at_us}\n{hashlib.sha256(body).hexdigest()}"
        signature = base64.b64encode(_sign(self.key, text.encode(), None)).decode()
        return {"shouhu-device": device, "shouhu-signed-at": str(at_us), "shouhu-signature": signature}


def _point(key):
    """The uncompressed point, which ends the structure."""
    out = ctypes.create_string_buffer(256)
    at = ctypes.cast(out, ctypes.c_char_p)
    length = _lib.i2d_PUBKEY(key, ctypes.byref(at))
    return out.raw[length - 65 : length]


def _plain(der):
    """r and s, 64 bytes, of a signature in DER."""
    numbers, rest = b"", der[2:]
    for _ in range(2):
        length = rest[1]
        numbers, rest = numbers + rest[2 : 2 + length].lstrip(b"\0").rjust(32, b"\0"), rest[2 + length :]
    return numbers


class SessionKey:
    """ECDSA on P-256, as a browser keeps it for its session (docs/adr/0018)."""

    def __init__(self):
        self.key = _POINTER(_lib.EVP_PKEY_Q_keygen(None, None, b"EC", b"P-256"))
        self.public = b64url(_point(self.key))

    def prove(self, nonce, method, path, body):
        """For the header `shouhu-proof` of exactly this request, once."""
        name, told = b64url(os.urandom(16)), b64url(hashlib.sha256(body).digest()) if body else "-"
        text = f"shouhu-proof-v1\n{nonce}\n{name}\n{method}\n{path}\n{told}"
        return f"{nonce}.{name}.{told}.{b64url(_plain(_sign(self.key, text.encode(), _POINTER(_lib.EVP_sha256()))))}"


class Passkey:
    """An ES256 passkey of one site, user present and verified."""

    def __init__(self, origin, site="localhost"):
        self.origin, self.site = origin, site
        self.key = _POINTER(_lib.EVP_PKEY_Q_keygen(None, None, b"EC", b"P-256"))
        point = _point(self.key)
        self.x, self.y = point[1:33], point[33:]
        self.id = hashlib.sha256(point).digest()[:16]

    def _client_data(self, act, challenge):
        return json.dumps({"type": act, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _authenticator_data(self, more_flags=0):
        return hashlib.sha256(self.site.encode()).digest() + bytes([0x05 | more_flags]) + struct.pack(">I", 0)

    def create(self, options):
        key = bytes([0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]) + self.x + bytes([0x22, 0x58, 0x20]) + self.y
        data = self._authenticator_data(0x40) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + key
        attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58" + bytes([len(data)]) + data
        self.user = options["publicKey"]["user"]["id"]
        return self._said({"clientDataJSON": b64url(self._client_data("webauthn.create", options["publicKey"]["challenge"])),
                           "attestationObject": b64url(attestation), "transports": ["internal"]}, {"credProps": {"rk": True}})

    def answer(self, options):
        data, client = self._authenticator_data(), self._client_data("webauthn.get", options["publicKey"]["challenge"])
        signature = _sign(self.key, data + hashlib.sha256(client).digest(), _POINTER(_lib.EVP_sha256()))
        return self._said({"clientDataJSON": b64url(client), "authenticatorData": b64url(data), "signature": b64url(signature),
                           "userHandle": self.user}, {})

    def _said(self, response, extensions):
        name = b64url(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "authenticatorAttachment": "platform", "response": response,
                "clientExtensionResults": extensions}

#!/usr/bin/env bash
# Makes the certificates of TPMs in software (soft_tpm.rs): two of a trusted maker, one of a foreign one. The makers' keys are thrown away.
set -euo pipefail
D=$(mktemp -d); trap 'rm -rf "$D"' EXIT
maker() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$D/$1.key"
  openssl req -x509 -key "$D/$1.key" -out "$D/$1.pem" -sha256 -days 36500 -subj "/CN=$2" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
  openssl x509 -in "$D/$1.pem" -outform DER -out "$1.der"
}
issue() { # name, maker
  openssl ecparam -name prime256v1 -genkey -noout -out "$D/ek.key"
  openssl ec -in "$D/ek.key" -outform DER 2>/dev/null | tail -c +8 | head -c 32 > "$1.key"
  openssl req -new -key "$D/ek.key" -subj /CN=tpm -out "$D/csr"
  printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyAgreement\nextendedKeyUsage=2.23.133.8.1\n' > "$D/ext"
  openssl x509 -req -in "$D/csr" -CA "$D/$2.pem" -CAkey "$D/$2.key" -set_serial "$3" -days 36500 -sha256 -extfile "$D/ext" -outform DER -out "$1.der" 2>/dev/null
}
maker maker "Maker of soft TPMs"; maker foreign "Nobody's maker"
issue one maker 1; issue two maker 2; issue stranger foreign 3

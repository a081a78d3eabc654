#!/usr/bin/env bash
# Records what tests/recorded.rs reads: a software TPM's endorsement keys, its maker's certificates, an attestation key and quotes.
# Needs swtpm, swtpm-tools, tpm2-tools and openssl; run it in this folder. The secret keys stay in the temporary TPM and are gone.
set -euo pipefail
OUT=$(pwd); D=$(mktemp -d); trap 'kill $(cat "$D/pid") 2>/dev/null || true; rm -rf "$D"' EXIT
mkdir -p "$D/ca" "$D/state"
cat > "$D/ca/localca.conf" <<E
statedir = $D/ca
signingkey = $D/ca/signkey.pem
issuercert = $D/ca/issuercert.pem
certserial = $D/ca/certserial
E
printf -- '--platform-manufacturer Lab\n--platform-version 1\n--platform-model Tablet\n' > "$D/ca/localca.options"
cat > "$D/ca/setup.conf" <<E
create_certs_tool=/usr/bin/swtpm_localca
create_certs_tool_config=$D/ca/localca.conf
create_certs_tool_options=$D/ca/localca.options
active_pcr_banks = sha256
E
swtpm_setup --tpm2 --tpm-state "$D/state" --create-ek-cert --lock-nvram --config "$D/ca/setup.conf" > "$D/setup.log"
swtpm_start() {
  swtpm socket --tpm2 --tpmstate dir="$D/state" --ctrl type=tcp,port=23422,bindaddr=127.0.0.1 --server type=tcp,port=23421,bindaddr=127.0.0.1 \
    --flags not-need-init,startup-clear --daemon --pid file="$D/pid"; sleep 0.3
}
swtpm_start
export TPM2TOOLS_TCTI="swtpm:host=127.0.0.1,port=23421"
clean() { tpm2_flushcontext -t; }
openssl x509 -in "$D/ca/issuercert.pem" -outform DER -out maker.der
openssl x509 -in "$D/ca/swtpm-localca-rootca-cert.pem" -outform DER -out root.der
tpm2_createek -c "$D/ek.ctx" -G rsa -u "$D/ek.pub"
tpm2_nvread 0x01c00002 -o ek_rsa.der 2>/dev/null
clean; tpm2_createak -C "$D/ek.ctx" -c "$D/ak.ctx" -G ecc -g sha256 -s ecdsa -u ak.pub -f tss -n ak.name >/dev/null
clean; tpm2_readpublic -c "$D/ek.ctx" -f pem -o "$D/ek.pem" >/dev/null
NONCE=$(printf '11%.0s' $(seq 32))
tpm2_pcrextend 16:sha256=$(printf 'agent' | sha256sum | cut -d' ' -f1)
clean; tpm2_evictcontrol -C o -c "$D/ak.ctx" 0x81010002 >/dev/null
quote() { clean; tpm2_quote -c 0x81010002 -l sha256:0,1,2,3,7,16 -q "$NONCE" -m "$1.msg" -s "$1.sig" -g sha256 >/dev/null; }
quote first
tpm2_pcrextend 16:sha256=$(printf 'other' | sha256sum | cut -d' ' -f1)
quote changed
tpm2_shutdown -c; kill "$(cat "$D/pid")"; sleep 0.5; swtpm_start
tpm2_pcrextend 16:sha256=$(printf 'agent' | sha256sum | cut -d' ' -f1)
quote rebooted
# The same EK vouched for by other makers' kinds of keys, by nobody known, and for another use.
clean; tpm2_createek -c "$D/ecc.ctx" -G ecc -u "$D/ecc.pub"; clean; tpm2_readpublic -c "$D/ecc.ctx" -f pem -o "$D/ek_ecc.pem" >/dev/null
openssl ecparam -name secp384r1 -genkey -noout -out "$D/ek_p384.key" && openssl ec -in "$D/ek_p384.key" -pubout -out "$D/ek_p384.pem" 2>/dev/null
maker() { openssl req -x509 -newkey "$2" ${3:+-pkeyopt "$3"} -nodes -keyout "$D/$1.key" -out "$D/$1.pem" -"$4" -days 36500 -subj "/CN=Maker $1" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null; openssl x509 -in "$D/$1.pem" -outform DER -out "root_$1.der"; }
issue() { # name, maker, public key, hash, key usage, extended usage
  openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=tpm -out "$D/csr" 2>/dev/null
  printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,%s\nextendedKeyUsage=%s\nsubjectAltName=critical,dirName:tpm\n[tpm]\n1.2.23.133.2.1=id:00001014\n' "$5" "$6" > "$D/ext"
  openssl x509 -req -in "$D/csr" -force_pubkey "$3" -CA "$D/$2.pem" -CAkey "$D/$2.key" -set_serial "$RANDOM" -days 36500 -"$4" -extfile "$D/ext" -outform DER -out "$1.der"
}
EKU=2.23.133.8.1
maker p256 ec ec_paramgen_curve:P-256 sha256; maker p384 ec ec_paramgen_curve:P-384 sha384; maker rsa rsa:3072 "" sha384
issue ek_ecc_by_p256 p256 "$D/ek_ecc.pem" sha256 keyAgreement $EKU
issue ek_p384_by_p384 p384 "$D/ek_p384.pem" sha384 keyAgreement $EKU
issue ek_rsa_by_rsa rsa "$D/ek.pem" sha384 keyEncipherment $EKU
issue ek_for_web p256 "$D/ek_ecc.pem" sha256 keyAgreement serverAuth

// Between the server's JSON and the browser's ArrayBuffers, for browsers that cannot do it by themselves.

import { keysPossible } from "./api/proof";
import { base64urlFromBytes, bytesFromBase64url } from "./base64url";

const descriptor = (d: PublicKeyCredentialDescriptorJSON): PublicKeyCredentialDescriptor => ({
  type: "public-key",
  id: bytesFromBase64url(d.id),
  ...(d.transports ? { transports: d.transports as AuthenticatorTransport[] } : {}),
});

export function creationOptions(
  json: PublicKeyCredentialCreationOptionsJSON,
): PublicKeyCredentialCreationOptions {
  return {
    ...(json as unknown as PublicKeyCredentialCreationOptions),
    challenge: bytesFromBase64url(json.challenge),
    user: { ...json.user, id: bytesFromBase64url(json.user.id) },
    excludeCredentials: (json.excludeCredentials ?? []).map(descriptor),
  };
}

export function requestOptions(
  json: PublicKeyCredentialRequestOptionsJSON,
): PublicKeyCredentialRequestOptions {
  return {
    ...(json as unknown as PublicKeyCredentialRequestOptions),
    challenge: bytesFromBase64url(json.challenge),
    allowCredentials: (json.allowCredentials ?? []).map(descriptor),
  };
}

interface CredentialParts {
  id: string;
  rawId: ArrayBuffer;
  type: string;
  authenticatorAttachment?: string | null;
  response: {
    clientDataJSON: ArrayBuffer;
    attestationObject?: ArrayBuffer;
    authenticatorData?: ArrayBuffer;
    signature?: ArrayBuffer;
    userHandle?: ArrayBuffer | null;
    getTransports?: () => string[];
  };
  getClientExtensionResults?: () => unknown;
  toJSON?: () => unknown;
}

export function credentialJson(credential: CredentialParts): unknown {
  if (credential.toJSON) return credential.toJSON();
  const { response } = credential;
  const common = {
    id: credential.id,
    rawId: base64urlFromBytes(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults?.() ?? {},
    ...(credential.authenticatorAttachment
      ? { authenticatorAttachment: credential.authenticatorAttachment }
      : {}),
  };
  const clientDataJSON = base64urlFromBytes(response.clientDataJSON);
  if (response.attestationObject) {
    return {
      ...common,
      response: {
        clientDataJSON,
        attestationObject: base64urlFromBytes(response.attestationObject),
        transports: response.getTransports?.() ?? [],
      },
    };
  }
  return {
    ...common,
    response: {
      clientDataJSON,
      authenticatorData: base64urlFromBytes(response.authenticatorData ?? new ArrayBuffer(0)),
      signature: base64urlFromBytes(response.signature ?? new ArrayBuffer(0)),
      userHandle: response.userHandle ? base64urlFromBytes(response.userHandle) : null,
    },
  };
}

/** Why no passkey came: what the person can do differs. */
export type PasskeyTrouble = "unsupported" | "cancelled" | "already_enrolled" | "insecure" | "failed";

export function passkeyTrouble(error: unknown): PasskeyTrouble {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "AbortError") return "cancelled";
  if (name === "InvalidStateError") return "already_enrolled";
  if (name === "SecurityError") return "insecure";
  if (name === "NotSupportedError") return "unsupported";
  return "failed";
}

/** A passkey to sign in with, and a key of the browser's own to sign each request with. */
export function passkeysPossible(): boolean {
  return typeof PublicKeyCredential !== "undefined" && !!navigator.credentials && keysPossible();
}

export async function createPasskey(options: PublicKeyCredentialCreationOptionsJSON): Promise<unknown> {
  const native = PublicKeyCredential.parseCreationOptionsFromJSON;
  const publicKey = native ? native.call(PublicKeyCredential, options) : creationOptions(options);
  const made = await navigator.credentials.create({ publicKey });
  if (!made) throw new DOMException("no credential", "NotAllowedError");
  return credentialJson(made as unknown as CredentialParts);
}

export async function presentPasskey(options: PublicKeyCredentialRequestOptionsJSON): Promise<unknown> {
  const native = PublicKeyCredential.parseRequestOptionsFromJSON;
  const publicKey = native ? native.call(PublicKeyCredential, options) : requestOptions(options);
  const got = await navigator.credentials.get({ publicKey });
  if (!got) throw new DOMException("no credential", "NotAllowedError");
  return credentialJson(got as unknown as CredentialParts);
}

// Who is signed in, and what that person may do. The server asks again each time; this only hides dead doors.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo } from "react";
import { useLocation } from "wouter";
import { forgetTiles } from "../patrol/way/tiles";
import { identity } from "./api/calls";
import { ApiError, OfflineError, whenSessionIsLost } from "./api/client";
import type { Me, Role } from "./api/types";

const REMEMBERED = "shouhu.me";
/** Why the last session ended by itself: whoever signs in anew may know it. */
export const LOST = ["lost"];

export const HOME: Record<Role, string> = {
  officer: "/patrol",
  dispatcher: "/command",
  supervisor: "/command",
  detective: "/investigate",
  auditor: "/oversee",
  operator: "/operate",
  inspector: "/answers",
};

export interface Session {
  me: Me | null;
  isLoading: boolean;
  error: Error | null;
  may: (permission: string) => boolean;
  signedIn: (me: Me) => void;
  signOut: () => Promise<void>;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession outside SessionProvider");
  return session;
}

function remembered(): Me | null {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED) ?? "null") as Me | null;
  } catch {
    return null;
  }
}

/** An officer's phone opens offline too; the server still decides about everything once it is back. */
async function whoAmI(): Promise<Me | null> {
  try {
    const me = await identity.me();
    localStorage.setItem(REMEMBERED, JSON.stringify(me));
    return me;
  } catch (error) {
    if (error instanceof OfflineError) {
      const last = remembered();
      if (last && last.session_expires_at_us > Date.now() * 1000) return last;
    }
    if (error instanceof ApiError && error.status === 401) {
      localStorage.removeItem(REMEMBERED);
      return null;
    }
    throw error;
  }
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [path] = useLocation();
  const query = useQuery({
    queryKey: ["me"],
    queryFn: whoAmI,
    staleTime: 300_000,
    retry: false,
    // Citizens are nobody's session, and are not told that they lack one.
    enabled: path !== "/citizens",
  });
  const me = query.data ?? null;

  useEffect(() => {
    whenSessionIsLost((key) => {
      localStorage.removeItem(REMEMBERED);
      client.setQueryData(LOST, key);
      client.setQueryData(["me"], null);
    });
  }, [client]);

  const signedIn = useCallback(
    (who: Me) => {
      localStorage.setItem(REMEMBERED, JSON.stringify(who));
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
      client.setQueryData(["me"], who);
    },
    [client],
  );

  const signOut = useCallback(async () => {
    try {
      await identity.signOut();
    } finally {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith("shouhu.") && key !== "shouhu.settings") localStorage.removeItem(key);
      }
      sessionStorage.clear();
      void forgetTiles();
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
      client.setQueryData(["me"], null);
    }
  }, [client]);

  const value = useMemo<Session>(
    () => ({
      me,
      isLoading: query.isLoading,
      error: query.error,
      may: (permission) => me?.permissions.includes(permission) ?? false,
      signedIn,
      signOut,
    }),
    [me, query.isLoading, query.error, signedIn, signOut],
  );
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

/** Where a session's user stands in the cache; logging out deletes it. */
export function sessionCacheKey(realm: string, companyId: string, sessionId: string): string {
  return `session:${realm}:${companyId}:${sessionId}`;
}

/** Where an API key stands in the cache; revoking deletes it. */
export function apiKeyCacheKey(hash: string): string {
  return `api_key:${hash}`;
}

/** Where a session's user stands in the cache; logging out deletes it. What is in braces keeps a company together. */
export function sessionCacheKey(realm: string, companyId: string, sessionId: string): string {
  return `session:${realm}:{${companyId}}:${sessionId}`;
}

/** Where an API key stands in the cache; revoking deletes it. Whose it is, is what is looked up. */
export function apiKeyCacheKey(hash: string): string {
  return `api_key:${hash}`;
}

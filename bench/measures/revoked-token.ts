import type { Target } from 'livetoken';

/** The id of the token that is revoked at this place, as long as a UUID. */
export const revokedId = (place: number): string => `6f1c2d3e-4b5a-4c7d-8e9f-${String(place).padStart(12, '0')}`;

export const revokedToken = (place: number): Target => ({ kind: 'token', id: revokedId(place), organisation: 'org-1' });

/** Of those who take part in a run: nobody may find them in a log either. */

export const ISSUER_SECRET = 'secret-with-which-the-issuer-of-faults-signs';

/** Of the user that instances have at Redis in some runs: at first, and after it was changed. */
export const APP_PASSWORD = 'password-of-the-app';
export const CHANGED_PASSWORD = 'another-password-of-the-app';

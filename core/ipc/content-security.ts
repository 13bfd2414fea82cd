const DIRECTIVES: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  // Svelte and Svelte Flow place nodes and panels by `style` attributes of single elements. Style sheets stay ours, scripts always.
  "style-src-attr": "'unsafe-inline'",
  "img-src": "'self' data: blob:",
  "font-src": "'self'",
  "connect-src": "'self'",
  "worker-src": "'self' blob:",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};

/** The Content-Security-Policy of the window's page, one line, the same in Electron and in a browser. Rule DESK-3. */
export function contentSecurityPolicy(): string {
  return Object.entries(DIRECTIVES)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join("; ");
}

/**
 * Every header the host of the window's page must send with each of its files: names in lower case, values ready to send.
 * Nothing of the page is readable, framable or reachable from another origin, and no content type is guessed. Rule DESK-3.
 */
export function pageSecurityHeaders(): Readonly<Record<string, string>> {
  return {
    "content-security-policy": contentSecurityPolicy(),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=()",
  };
}

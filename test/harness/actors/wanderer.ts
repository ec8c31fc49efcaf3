/** A browser that follows redirects by hand and keeps cookies for each origin, so that a test can look at every step. */
export class Wanderer {
  private readonly cookies = new Map<string, Map<string, string>>();

  /** One request without following; its Set-Cookie headers are kept. */
  async get(url: string): Promise<Response> {
    const { origin } = new URL(url);
    const own = this.cookies.get(origin) ?? new Map<string, string>();
    this.cookies.set(origin, own);
    const cookie = [...own].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) own.delete(name);
      else own.set(name, value);
    }
    return response;
  }

  /** Follows redirects until `stop` holds of the next address or there is none. @returns the last answer and where next */
  async follow(
    url: string,
    stop: (next: string) => boolean = () => false,
  ): Promise<{ at: Response; next: string | null }> {
    let here = url;
    for (let hops = 0; hops < 12; hops += 1) {
      const at = await this.get(here);
      const location = at.headers.get('location');
      if (location === null) return { at, next: null };
      const next = new URL(location, here).href;
      await at.arrayBuffer();
      if (stop(next)) return { at, next };
      here = next;
    }
    throw new Error(`still redirected at ${here}`);
  }

  /** The Cookie header for an origin. */
  cookieFor(origin: string): string {
    return [...(this.cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

import { Injectable } from '@nestjs/common';
import { LostPage } from '#platform/http/lost-page.js';
import { PAGE_HEADERS } from './page-headers.js';
import { ConsolePages } from './pages.js';

/** The console itself, which says that there is no page and leads to those that there are. */
@Injectable()
export class ConsoleLostPage extends LostPage {
  override readonly body: Buffer;
  override readonly headers: Readonly<Record<string, string>>;

  constructor(pages: ConsolePages) {
    super();
    this.body = pages.index.body;
    this.headers = { ...PAGE_HEADERS, 'Content-Type': pages.index.type };
  }
}

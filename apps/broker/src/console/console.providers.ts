import type { Provider, Type } from '@nestjs/common';
import { LostPage } from '#platform/http/lost-page.js';
import { ConsoleController } from './console.controller.js';
import { ConsoleLostPage } from './console-lost-page.js';
import { ConsolePages } from './pages.js';

/** Everything that role `console` serves. */
export const consoleControllers: Type[] = [ConsoleController];

export const consoleProviders: Provider[] = [ConsolePages, { provide: LostPage, useClass: ConsoleLostPage }];

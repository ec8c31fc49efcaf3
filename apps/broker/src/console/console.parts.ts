import type { Provider, Type } from '@nestjs/common';
import { ConsoleController } from './console.controller.js';
import { ConsolePages } from './pages.js';

/** Everything that role `console` serves. */
export const consoleControllers: Type[] = [ConsoleController];

export const consoleProviders: Provider[] = [ConsolePages];

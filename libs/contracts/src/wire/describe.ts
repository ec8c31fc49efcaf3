import type * as Swagger from '@nestjs/swagger';

type Package = typeof Swagger;

/** Everything of the package that the routes and bodies are marked with. */
type Mark =
  | 'ApiBasicAuth'
  | 'ApiBody'
  | 'ApiConsumes'
  | 'ApiExcludeController'
  | 'ApiExtraModels'
  | 'ApiHeader'
  | 'ApiOperation'
  | 'ApiProduces'
  | 'ApiProperty'
  | 'ApiQuery'
  | 'ApiResponse'
  | 'ApiTags';

type AnyMark = (...given: unknown[]) => (...place: unknown[]) => void;

// openapi.json is made from these marks when Writ is built, and read from the file when it serves. So the package, 15 MiB
// of memory and a fifth of the start, is there for building alone: until somebody describes, a mark is only noted.
const noted: ((swagger: Package) => void)[] = [];

function note<Name extends Mark>(name: Name): Package[Name] {
  const mark: AnyMark =
    (...given) =>
    (...place) =>
      void noted.push((swagger) => (swagger[name] as unknown as AnyMark)(...given)(...place));
  return mark as unknown as Package[Name];
}

/** Sets every mark that was noted since the last call. @param swagger the package `@nestjs/swagger` */
export function setMarks(swagger: Package): void {
  for (const set of noted.splice(0)) set(swagger);
}

/** Where the document keeps the schema of this class. */
export const getSchemaPath = ({ name }: { readonly name: string }): string => `#/components/schemas/${name}`;

export const ApiBasicAuth = note('ApiBasicAuth');
export const ApiBody = note('ApiBody');
export const ApiConsumes = note('ApiConsumes');
export const ApiExcludeController = note('ApiExcludeController');
export const ApiExtraModels = note('ApiExtraModels');
export const ApiHeader = note('ApiHeader');
export const ApiOperation = note('ApiOperation');
export const ApiProduces = note('ApiProduces');
export const ApiProperty = note('ApiProperty');
export const ApiQuery = note('ApiQuery');
export const ApiResponse = note('ApiResponse');
export const ApiTags = note('ApiTags');

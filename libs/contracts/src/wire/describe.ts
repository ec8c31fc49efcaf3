import type * as Swagger from '@nestjs/swagger';

/** Everything of the package that the routes and bodies are marked with. */
type Marks = Pick<
  typeof Swagger,
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
  | 'ApiTags'
  | 'getSchemaPath'
>;

// openapi.json is made from these marks when Writ is built, and read from the file when it serves. So the package, 34 MB
// with what it brings, is there for building alone, and where it is not the marks mean nothing.
const swagger: Marks | null = await import('@nestjs/swagger').catch((error: NodeJS.ErrnoException) => {
  if (error.code === 'ERR_MODULE_NOT_FOUND') return null;
  throw error;
});

const noMark = () => (): void => undefined;

export const {
  ApiBasicAuth,
  ApiBody,
  ApiConsumes,
  ApiExcludeController,
  ApiExtraModels,
  ApiHeader,
  ApiOperation,
  ApiProduces,
  ApiProperty,
  ApiQuery,
  ApiResponse,
  ApiTags,
  getSchemaPath,
}: Marks = swagger ?? {
  ApiBasicAuth: noMark,
  ApiBody: noMark,
  ApiConsumes: noMark,
  ApiExcludeController: noMark,
  ApiExtraModels: noMark,
  ApiHeader: noMark,
  ApiOperation: noMark,
  ApiProduces: noMark,
  ApiProperty: noMark,
  ApiQuery: noMark,
  ApiResponse: noMark,
  ApiTags: noMark,
  getSchemaPath: () => '',
};

import { defineConfig } from 'vite';

// Vite loads it by its default export. Libraries resolve to their sources, as they do in the compiler.
export default defineConfig({
  base: '/',
  resolve: { conditions: ['source', 'module', 'browser', 'production'] },
  oxc: { jsx: { runtime: 'automatic', development: false } },
  build: {
    outDir: '../../dist/apps/console/www',
    emptyOutDir: true,
    target: 'es2022',
    // The page's policy allows no inline script and no data: beyond images.
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
  },
});

export default async function globalTeardown() {
  await globalThis.__writServer?.stop();
}

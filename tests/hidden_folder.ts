/** A folder that nobody may see, not even root. */

/** Do the work while the system hides the folder. */
export async function hiding(
  folder: string,
  work: () => Promise<void>,
): Promise<void> {
  const { stat } = Deno;
  Deno.stat = (path) =>
    path === folder
      ? Promise.reject(new Deno.errors.PermissionDenied())
      : stat(path);
  try {
    await work();
  } finally {
    Deno.stat = stat;
  }
}

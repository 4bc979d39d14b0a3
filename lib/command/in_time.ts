/** Wait for work that may never be done. @returns false where it is not. */
export async function inTime(
  work: Promise<unknown>,
  milliseconds: number,
): Promise<boolean> {
  let timer;
  const late = new Promise<boolean>((done) => {
    timer = setTimeout(() => done(false), milliseconds);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

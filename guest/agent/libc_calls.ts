/** The few calls of the C library that Deno has no words for. Linux, x86_64. */

type Library = ReturnType<typeof load>;
let loaded: Library | undefined;

/** Opened when it is used first. */
export function libc(): Library {
  return loaded ??= load();
}

function load() {
  return Deno.dlopen("libc.so.6", {
    syscall: {
      parameters: ["i64", "i64", "buffer", "buffer", "u64"],
      result: "i32",
    },
    setIds: {
      name: "syscall",
      parameters: ["i64", "i64", "i64", "i64"],
      result: "i32",
    },
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
    read: {
      parameters: ["i32", "buffer", "usize"],
      result: "isize",
      nonblocking: true,
    },
    readv: { parameters: ["i32", "buffer", "i32"], result: "i32" },
    write: {
      parameters: ["i32", "buffer", "usize"],
      result: "isize",
      nonblocking: true,
    },
    fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
    unshare: { parameters: ["i32"], result: "i32" },
    chdir: { parameters: ["buffer"], result: "i32" },
    kill: { parameters: ["i32", "i32"], result: "i32" },
    clock_settime: { parameters: ["i32", "buffer"], result: "i32" },
    mount: {
      parameters: ["buffer", "buffer", "pointer", "u64", "pointer"],
      result: "i32",
    },
    __errno_location: { parameters: [], result: "pointer" },
    strerror: { parameters: ["i32"], result: "pointer" },
  }).symbols;
}

/** errno(3) of the call before. */
export function errno(): number {
  const place = libc().__errno_location();
  return place === null ? 0 : new Deno.UnsafePointerView(place).getInt32();
}

/** In the system's words: strerror(3). */
export function meaning(code: number): string {
  const place = libc().strerror(code);
  if (place === null) return `errno ${code}`;
  return new Deno.UnsafePointerView(place).getCString();
}

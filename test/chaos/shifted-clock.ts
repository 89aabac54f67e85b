// A worker whose machine's clock is wrong: every `Date` of the process is off by `shiftMs`, Agenda's and the driver's too.

export function shiftClock(shiftMs: number): void {
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [RealDate.now() + shiftMs] : args, newTarget),
    apply: () => new RealDate(RealDate.now() + shiftMs).toString(),
    get: (target, key) => (key === 'now' ? () => RealDate.now() + shiftMs : Reflect.get(target, key)),
  });
}

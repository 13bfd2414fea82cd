import type * as z from "zod/mini";
import type { Json } from "../base/json.ts";
import { type AppResults, appParams } from "./app-methods.ts";
import { type FleetResults, fleetParams } from "./fleet-methods.ts";
import { type ForkResults, forkMethodParams } from "./fork-methods.ts";
import { type LibraryResults, libraryParams } from "./library-methods.ts";
import { type RunResults, runParams } from "./run-methods.ts";
import { type SteerResults, steerParams } from "./steer-methods.ts";
import { type TimeResults, timeParams } from "./time-methods.ts";

/** The parameters of every method: the receiver checks them before any other code sees the data. */
export const methodParams = {
  ...appParams,
  ...fleetParams,
  ...forkMethodParams,
  ...libraryParams,
  ...runParams,
  ...steerParams,
  ...timeParams,
} as const;

export type MethodName = keyof typeof methodParams;
export type MethodParams<M extends MethodName> = z.infer<(typeof methodParams)[M]>;

/** What each method answers with. */
export type MethodResults = AppResults &
  FleetResults &
  ForkResults &
  LibraryResults &
  RunResults &
  SteerResults &
  TimeResults;

/** Input values of a run by name. */
export type RunInputs = Readonly<Record<string, Json>>;

/** The server's own names of things, by the description that it gives of itself. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type ProjectState = Schemas["ProjectState"];
export type StandardInfo = Schemas["StandardInfo"];
export type Scale = Schemas["Scale"];
export type Photo = Schemas["Image"];
export type Photos = Schemas["Images"];
export type Zoom = Schemas["Zoom"];
export type Crack = Schemas["Crack"];
export type Cracks = Schemas["Cracks"];
export type Line = Schemas["Line"];
export type Job = Schemas["Job"];
export type Decision = Crack["decision"];
export type Problem = Schemas["Problem"];

export type Annotation = Schemas["Annotation"];
export type Stroke = Schemas["Stroke"];
export type NewStroke = Schemas["StrokeWanted"]["stroke"];
export type TraceWanted = Schemas["TraceWanted"];
export type Traced = Schemas["Traced"];

export type Dataset = Schemas["Dataset"];
export type Training = Schemas["Training"];

/** What the stream of events says of a job. */
export type JobNews = Pick<Job, "id" | "kind" | "image" | "state" | "share">;

// What Dracon's files are made of: the members of its messages (ocurity.dracon.v1) and their numbers on the wire, in
// all its versions. By reflection: nothing is generated, and unknown members are passed over.
import protobuf from 'protobufjs';

// CWE was text for a while and is a list of numbers now, on the same number: bytes hold either.
const { root } = protobuf.parse(
  `syntax = "proto3";
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message ScanInfo { string uuid = 1; Timestamp startTime = 2; map<string, string> tags = 3; }
  message Issue {
    string target = 1;
    string type = 2;
    string title = 3;
    uint32 severity = 4;
    double cvss = 5;
    uint32 confidence = 6;
    string description = 7;
    string source = 8;
    string cve = 9;
    string uuid = 10;
    string sbom = 11;
    string contextSegment = 12;
    bytes cwe = 13;
  }
  message EnrichedIssue {
    Issue rawIssue = 1;
    Timestamp firstSeen = 2;
    uint64 count = 3;
    bool falsePositive = 4;
    Timestamp updatedAt = 5;
    string hash = 6;
    map<string, string> annotations = 7;
  }
  message LaunchToolResponse { ScanInfo scanInfo = 1; string toolName = 2; repeated Issue issues = 3; string scanTarget = 4; }
  message EnrichedLaunchToolResponse { LaunchToolResponse originalResults = 1; repeated EnrichedIssue issues = 2; }`,
  { keepCase: true },
);
root.resolveAll();

export interface Issue {
  readonly target: string;
  readonly type: string;
  readonly title: string;
  readonly severity: number;
  readonly cvss: number;
  readonly confidence: number;
  readonly description: string;
  readonly source: string;
  readonly cve: string;
  readonly uuid: string;
  /** A CycloneDX BOM as JSON; "" for an issue that is one. */
  readonly sbom: string;
  /** Lines around the flagged ones, or a part of a request. */
  readonly contextSegment: string;
  readonly cwe: Uint8Array;
}

export interface EnrichedIssue {
  readonly rawIssue: Issue | null;
  readonly firstSeen: { readonly seconds: number } | null;
  readonly count: number;
  readonly falsePositive: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

export const types = {
  issue: root.lookupType('Issue'),
  enrichedIssue: root.lookupType('EnrichedIssue'),
  response: root.lookupType('LaunchToolResponse'),
  enrichedResponse: root.lookupType('EnrichedLaunchToolResponse'),
};

const plain: protobuf.IConversionOptions = { defaults: true, longs: Number, bytes: Uint8Array, objects: true };

/** Throws where the bytes are no such message. */
export function decodeIssue(bytes: Uint8Array): Issue {
  return types.issue.toObject(types.issue.decode(bytes), plain) as Issue;
}

/** Throws where the bytes are no such message. */
export function decodeEnrichedIssue(bytes: Uint8Array): EnrichedIssue {
  return types.enrichedIssue.toObject(types.enrichedIssue.decode(bytes), plain) as EnrichedIssue;
}

// Writes a clip's picture into another container or layout, such as those of live recordings, without touching its frames.

import {
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathSource,
  FilePathTarget,
  Input,
  MP4,
  Output,
  type OutputFormat,
  WEBM,
} from 'mediabunny';

/** Copies the video frames of `source` to `target` in `format`. */
export async function rewriteClip(source: string, target: string, format: OutputFormat): Promise<void> {
  using input = new Input({ source: new FilePathSource(source), formats: [MP4, WEBM] });
  const video = await input.getPrimaryVideoTrack();
  const codec = await video?.getCodec();
  const decoderConfig = await video?.getDecoderConfig();
  if (!video || !codec || !decoderConfig) throw new Error(`${source} has no picture`);
  const frames = new EncodedVideoPacketSource(codec);
  const output = new Output({ format, target: new FilePathTarget(target) });
  output.addVideoTrack(frames);
  await output.start();
  for await (const packet of new EncodedPacketSink(video).packets()) await frames.add(packet, { decoderConfig });
  await output.finalize();
}

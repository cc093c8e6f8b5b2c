/** The node classes that the fake ComfyUI has, as `/object_info` describes them, and what it does with a graph. */
import sharp from 'sharp';

interface PromptNode {
  class_type: string;
  inputs: Record<string, unknown>;
}
export type Prompt = Record<string, PromptNode>;

type Spec = [unknown, Record<string, unknown>?];
interface NodeClass {
  required: Record<string, Spec>;
  optional?: Record<string, Spec>;
  outputNode?: boolean;
}

const INT = (min: number, max: number): Spec => ['INT', { default: min, min, max }];
const FLOAT: Spec = ['FLOAT', { default: 1, min: 0, max: 100 }];
const TEXT: Spec = ['STRING', { multiline: true }];
const LATENT: Spec = ['LATENT'];
const MODEL: Spec = ['MODEL'];
const CLIP: Spec = ['CLIP'];
const VAE: Spec = ['VAE'];
const IMAGE: Spec = ['IMAGE'];
const CONDITIONING: Spec = ['CONDITIONING'];

/** A list to choose from. */
interface Choices {
  choices: string[];
}
const choices = (...names: string[]): Choices => ({ choices: names });

/** Installed model files, by what loads them; tests take some away. */
export interface Installed {
  unet: string[];
  clip: string[];
  vae: string[];
  lora: string[];
  checkpoint: string[];
}

export const installedFiles = (): Installed => ({
  unet: [
    'z_image_turbo_bf16.safetensors',
    'qwen_image_edit_2509_fp8_e4m3fn.safetensors',
    'wan2.2_ti2v_5B_fp16.safetensors',
  ],
  clip: [
    'qwen_3_4b.safetensors',
    'qwen_2.5_vl_7b_fp8_scaled.safetensors',
    'umt5_xxl_fp8_e4m3fn_scaled.safetensors',
  ],
  vae: ['ae.safetensors', 'qwen_image_vae.safetensors', 'wan2.2_vae.safetensors'],
  lora: ['Qwen-Image-Edit-2509-Lightning-4steps-V1.0-bf16.safetensors'],
  checkpoint: ['v1-5-pruned-emaonly.safetensors'],
});

type Draft = Omit<NodeClass, 'required'> & { required: Record<string, Spec | Choices> };

const samplerInputs = {
  model: MODEL,
  positive: CONDITIONING,
  negative: CONDITIONING,
  latent_image: LATENT,
  seed: INT(0, 2 ** 53),
  steps: INT(1, 10_000),
  cfg: FLOAT,
  sampler_name: choices('euler', 'res_multistep', 'uni_pc'),
  scheduler: choices('simple', 'normal'),
  denoise: FLOAT,
};

const drafts = (files: Installed, uploads: string[], newer: boolean): Record<string, Draft> => ({
  KSampler: { required: samplerInputs },
  CheckpointLoaderSimple: { required: { ckpt_name: choices(...files.checkpoint) } },
  UNETLoader: {
    required: { unet_name: choices(...files.unet), weight_dtype: choices('default', 'fp8_e4m3fn') },
  },
  CLIPLoader: {
    required: { clip_name: choices(...files.clip), type: choices('qwen_image', 'lumina2', 'wan') },
    optional: { device: [['default', 'cpu'], { advanced: true }] },
  },
  VAELoader: { required: { vae_name: choices(...files.vae) } },
  LoraLoaderModelOnly: {
    required: { model: MODEL, lora_name: choices(...files.lora), strength_model: FLOAT },
  },
  ModelSamplingAuraFlow: { required: { model: MODEL, shift: FLOAT } },
  ModelSamplingSD3: { required: { model: MODEL, shift: FLOAT } },
  CFGNorm: { required: { model: MODEL, strength: FLOAT } },
  CLIPTextEncode: { required: { text: TEXT, clip: CLIP } },
  ConditioningZeroOut: { required: { conditioning: CONDITIONING } },
  TextEncodeQwenImageEditPlus: {
    required: { clip: CLIP, prompt: TEXT },
    optional: { vae: VAE, image1: IMAGE, image2: IMAGE, image3: IMAGE },
  },
  EmptyLatentImage: {
    required: { width: INT(16, 16_384), height: INT(16, 16_384), batch_size: INT(1, 4096) },
  },
  EmptySD3LatentImage: {
    required: { width: INT(16, 16_384), height: INT(16, 16_384), batch_size: INT(1, 4096) },
  },
  Wan22ImageToVideoLatent: {
    required: {
      vae: VAE,
      width: INT(32, 16_384),
      height: INT(32, 16_384),
      length: INT(1, 16_384),
      batch_size: INT(1, 4096),
    },
    optional: { start_image: IMAGE },
  },
  LoadImage: { required: { image: choices(...uploads) } },
  VAEDecode: { required: { samples: LATENT, vae: VAE } },
  SaveImage: { required: { images: IMAGE, filename_prefix: ['STRING', {}] }, outputNode: true },
  CreateVideo: { required: { images: IMAGE, fps: FLOAT } },
  SaveVideo: newer
    ? {
        required: {
          video: ['VIDEO'],
          filename_prefix: ['STRING', {}],
          format: ['COMFY_DYNAMICCOMBO_V3', { options: [{ key: 'auto' }, { key: 'mp4' }] }],
        },
        optional: { codec: ['COMFY_DYNAMICCOMBO_V3', { options: [{ key: 'auto' }] }] },
        outputNode: true,
      }
    : {
        required: {
          video: ['VIDEO'],
          filename_prefix: ['STRING', {}],
          format: choices('auto', 'mp4'),
          codec: choices('auto', 'h264'),
        },
        outputNode: true,
      },
});

/** The classes by name, in the words of a newer or an older server. */
export function nodeClasses(files: Installed, uploads: string[], newer: boolean): Record<string, NodeClass> {
  const inWords = (spec: Spec | Choices): Spec => {
    if (Array.isArray(spec)) return spec;
    return newer ? ['COMBO', { options: spec.choices }] : [spec.choices, {}];
  };
  return Object.fromEntries(
    Object.entries(drafts(files, uploads, newer)).map(([name, draft]) => [
      name,
      {
        ...draft,
        required: Object.fromEntries(
          Object.entries(draft.required).map(([key, spec]) => [key, inWords(spec)]),
        ),
      },
    ]),
  );
}

/** As `/object_info/{class}` answers. */
export function objectInfo(name: string, known: NodeClass): Record<string, unknown> {
  return {
    input: { required: known.required, ...(known.optional && { optional: known.optional }) },
    input_order: { required: Object.keys(known.required) },
    output: [],
    name,
    display_name: name,
    description: '',
    python_module: 'nodes',
    category: 'fake',
    output_node: known.outputNode ?? false,
  };
}

interface Invalid {
  error: Record<string, unknown>;
  node_errors: Record<string, unknown>;
}

/** As `validate_prompt` does: undefined for a prompt that can run. */
export function validate(prompt: Prompt, classes: Record<string, NodeClass>): Invalid | undefined {
  for (const [id, node] of Object.entries(prompt)) {
    if (classes[node.class_type]) continue;
    const error = {
      type: 'missing_node_type',
      message: `Node '${node.class_type}' not found. The custom node may not be installed.`,
      details: `Node ID '#${id}'`,
      extra_info: { node_id: id, class_type: node.class_type, node_title: node.class_type },
    };
    return { error, node_errors: {} };
  }
  const outputs = Object.keys(prompt).filter((id) => classes[prompt[id]!.class_type]!.outputNode);
  if (outputs.length === 0) {
    const error = {
      type: 'prompt_no_outputs',
      message: 'Prompt has no outputs',
      details: '',
      extra_info: {},
    };
    return { error, node_errors: {} };
  }
  const node_errors: Record<string, unknown> = {};
  for (const [id, node] of Object.entries(prompt)) {
    const errors = inputErrors(node, classes[node.class_type]!);
    if (errors.length > 0)
      node_errors[id] = { errors, dependent_outputs: outputs, class_type: node.class_type };
  }
  if (Object.keys(node_errors).length === 0) return undefined;
  const error = {
    type: 'prompt_outputs_failed_validation',
    message: 'Prompt outputs failed validation',
    details: '',
    extra_info: {},
  };
  return { error, node_errors };
}

function inputErrors(node: PromptNode, known: NodeClass): Record<string, unknown>[] {
  const errors: Record<string, unknown>[] = [];
  for (const [name, spec] of Object.entries({ ...known.required, ...known.optional })) {
    const fail = (type: string, message: string, details = name): void => {
      const extra_info = { input_name: name, input_config: spec, received_value: node.inputs[name] };
      errors.push({ type, message, details, extra_info });
    };
    const value = node.inputs[name];
    if (value === undefined) {
      if (name in known.required) fail('required_input_missing', 'Required input is missing');
      continue;
    }
    if (Array.isArray(value)) continue;
    const [type, extra = {}] = spec;
    const options = Array.isArray(type) ? type : type === 'COMBO' ? (extra.options as string[]) : undefined;
    if (node.class_type === 'LoadImage' && !options?.includes(String(value)))
      fail(
        'custom_validation_failed',
        'Custom validation failed for node',
        `${name} - Invalid image file: ${value}`,
      );
    else if (options && !options.includes(String(value)))
      fail('value_not_in_list', 'Value not in list', `${name}: '${value}' not in ${JSON.stringify(options)}`);
    else if (typeof extra.min === 'number' && Number(value) < extra.min)
      fail('value_smaller_than_min', `Value ${value} smaller than min of ${extra.min}`);
    else if (typeof extra.max === 'number' && Number(value) > extra.max)
      fail('value_bigger_than_max', `Value ${value} bigger than max of ${extra.max}`);
  }
  return errors;
}

/** The head of an MP4 and no more: enough to be told from anything else. */
const MP4 = Buffer.from('0000001c667479706d703432000000006d70343269736f6d000000086d646174', 'hex');

export interface SavedFile {
  name: string;
  bytes: Buffer;
}

/** What an output node saves: a picture of the size its latent says, or a video. */
export async function save(prompt: Prompt, id: string, counter: number): Promise<SavedFile> {
  const node = prompt[id]!;
  const prefix = String(node.inputs.filename_prefix);
  const number = String(counter).padStart(5, '0');
  if (node.class_type === 'SaveVideo') return { name: `${prefix}_${number}_.mp4`, bytes: MP4 };
  const sized = Object.values(prompt).find(({ inputs }) => typeof inputs.width === 'number');
  const width = Number(sized?.inputs.width ?? 64);
  const height = Number(sized?.inputs.height ?? 64);
  const seed = Number(Object.values(prompt).find(({ inputs }) => 'seed' in inputs)?.inputs.seed ?? 0);
  const background = { r: seed % 256, g: 120, b: 200 };
  const bytes = await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
  return { name: `${prefix}_${number}_.png`, bytes };
}

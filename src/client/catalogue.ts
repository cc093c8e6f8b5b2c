/** Made by `npm run generate:client` from the models of models/: do not edit. */
import type { ImageInput } from './sources.ts';
import type { ImageOutput, VideoOutput } from './types.ts';

/** Input of Qwen Image Edit, `comfyui/qwen-image-edit/edit`. */
export interface ComfyuiQwenImageEditEditInput {
  /** What to change. Several images are called picture 1, 2 and 3. */
  prompt: string;
  /** The URLs of the images to edit. 1 to 3 items. */
  image_urls: ImageInput[];
  /**
   * The number of images to generate. 1 to 4.
   * @default 1
   */
  num_images?: number;
  /** The seed for the random number generator. */
  seed?: number;
  /**
   * The aspect ratio of the generated image. With auto it follows the first image.
   * @default "auto"
   */
  aspect_ratio?: 'auto' | '1:1' | '2:3' | '3:2' | '3:4' | '4:3' | '9:16' | '16:9' | '21:9';
  /**
   * The format of the generated image.
   * @default "png"
   */
  output_format?: 'jpeg' | 'png' | 'webp';
}

/** Input of Wan 2.2 Text to Video, `comfyui/wan-2.2/text-to-video`. */
export interface ComfyuiWan22TextToVideoInput {
  /** What happens in the video. */
  prompt: string;
  /** What to keep out of the video. */
  negative_prompt?: string;
  /** The URL of the picture that the video begins with, if any. At most 1 items. */
  image_urls?: ImageInput[];
  /**
   * Length of the video in seconds, at 24 frames a second.
   * @default 5
   */
  duration?: 2 | 3 | 4 | 5;
  /** The seed for the random number generator. */
  seed?: number;
  /**
   * The aspect ratio of the video. With auto it follows the first picture.
   * @default "auto"
   */
  aspect_ratio?: 'auto' | '16:9' | '9:16' | '1:1';
}

/** Input of Z-Image Turbo Text to Image, `comfyui/z-image-turbo/text-to-image`. */
export interface ComfyuiZImageTurboTextToImageInput {
  /** The prompt for image generation. */
  prompt: string;
  /**
   * The number of images to generate. 1 to 4.
   * @default 1
   */
  num_images?: number;
  /** The seed for the random number generator. */
  seed?: number;
  /**
   * The aspect ratio of the generated image.
   * @default "1:1"
   */
  aspect_ratio?: '1:1' | '2:3' | '3:2' | '3:4' | '4:3' | '9:16' | '16:9' | '21:9';
  /**
   * How many steps the picture is worked out in. More is slower. 4 to 20.
   * @default 8
   */
  steps?: number;
  /**
   * The format of the generated image.
   * @default "png"
   */
  output_format?: 'jpeg' | 'png' | 'webp';
}

/** Input of Nano Banana 2 Edit, `google/nano-banana-2/edit`. */
export interface GoogleNanoBanana2EditInput {
  /** The prompt for image editing. */
  prompt: string;
  /** The URLs of the images to use for image-to-image generation or image editing. 1 to 20 items. */
  image_urls: ImageInput[];
  /**
   * The number of images to generate. 1 to 4.
   * @default 1
   */
  num_images?: number;
  /** The seed for the random number generator. */
  seed?: number;
  /**
   * The aspect ratio of the generated image.
   * @default "auto"
   */
  aspect_ratio?: 'auto' | '21:9' | '16:9' | '3:2' | '4:3' | '5:4' | '1:1' | '4:5' | '3:4' | '2:3' | '9:16';
  /**
   * The resolution of the generated image.
   * @default "1K"
   */
  resolution?: '0.5K' | '1K' | '2K' | '4K';
  /**
   * The format of the generated image.
   * @default "png"
   */
  output_format?: 'jpeg' | 'png' | 'webp';
  /**
   * The safety tolerance level for content moderation. 1 is the strictest, 6 the most permissive.
   * @default 4
   */
  safety_tolerance?: 1 | 2 | 3 | 4 | 5 | 6;
  /**
   * When true, each round of the prompt is limited to one generation.
   * @default true
   */
  limit_generations?: boolean;
  /**
   * Enable web search, so that the latest information can be used for the generation.
   * @default false
   */
  enable_web_search?: boolean;
}

/** Input of Nano Banana 2 Text to Image, `google/nano-banana-2/text-to-image`. */
export interface GoogleNanoBanana2TextToImageInput {
  /** The prompt for image generation. */
  prompt: string;
  /**
   * The number of images to generate. 1 to 4.
   * @default 1
   */
  num_images?: number;
  /** The seed for the random number generator. */
  seed?: number;
  /**
   * The aspect ratio of the generated image.
   * @default "auto"
   */
  aspect_ratio?: 'auto' | '21:9' | '16:9' | '3:2' | '4:3' | '5:4' | '1:1' | '4:5' | '3:4' | '2:3' | '9:16';
  /**
   * The resolution of the generated image.
   * @default "1K"
   */
  resolution?: '0.5K' | '1K' | '2K' | '4K';
  /**
   * The format of the generated image.
   * @default "png"
   */
  output_format?: 'jpeg' | 'png' | 'webp';
  /**
   * The safety tolerance level for content moderation. 1 is the strictest, 6 the most permissive.
   * @default 4
   */
  safety_tolerance?: 1 | 2 | 3 | 4 | 5 | 6;
  /**
   * When true, each round of the prompt is limited to one generation.
   * @default true
   */
  limit_generations?: boolean;
  /**
   * Enable web search, so that the latest information can be used for the generation.
   * @default false
   */
  enable_web_search?: boolean;
}

/** Input of Nano Banana Edit, `google/nano-banana/edit`. */
export interface GoogleNanoBananaEditInput {
  /** The prompt for image editing. At most 1000 characters. */
  prompt: string;
  /** The URLs of the images to use for image-to-image generation or image editing. 1 to 20 items. */
  image_urls: ImageInput[];
  /**
   * The aspect ratio of the generated image.
   * @default "auto"
   */
  aspect_ratio?: 'auto' | '21:9' | '16:9' | '3:2' | '4:3' | '5:4' | '1:1' | '4:5' | '3:4' | '2:3' | '9:16';
  /**
   * The format of the generated image.
   * @default "png"
   */
  output_format?: 'jpeg' | 'png' | 'webp';
  /**
   * The number of images to generate.
   * @default 1
   */
  num_images?: 1 | 2 | 3 | 4;
}

/** Input of Nano Banana Pro Edit, `google/nano-banana/pro/edit`. */
export interface GoogleNanoBananaProEditInput {
  /** The prompt for image editing. */
  prompt: string;
  /** The URLs of the images to use for image-to-image generation or image editing. 1 to 20 items. */
  image_urls: ImageInput[];
  /**
   * The aspect ratio of the generated image.
   * @default "auto"
   */
  aspect_ratio?: 'auto' | '21:9' | '16:9' | '3:2' | '4:3' | '5:4' | '1:1' | '4:5' | '3:4' | '2:3' | '9:16';
  /**
   * The resolution of the generated image.
   * @default "1K"
   */
  resolution?: '1K' | '2K' | '4K';
  /**
   * The format of the generated image. Default value: "png"
   * @default "png"
   */
  output_format?: 'jpeg' | 'png' | 'webp';
  /**
   * The number of images to generate. Default value: 1 1 to 4.
   * @default 1
   */
  num_images?: number;
  /**
   * If enabled, the media is returned as a data URI and the output is not available from the request history.
   * @default false
   */
  sync_mode?: boolean;
}

/** Input of Nano Banana Pro Text to Image, `google/nano-banana/pro/text-to-image`. */
export interface GoogleNanoBananaProTextToImageInput {
  /** The prompt for image generation. */
  prompt: string;
  /**
   * The aspect ratio of the generated image.
   * @default "auto"
   */
  aspect_ratio?: 'auto' | '21:9' | '16:9' | '3:2' | '4:3' | '5:4' | '1:1' | '4:5' | '3:4' | '2:3' | '9:16';
  /**
   * The resolution of the generated image.
   * @default "1K"
   */
  resolution?: '1K' | '2K' | '4K';
  /**
   * The format of the generated image. Default value: "png"
   * @default "png"
   */
  output_format?: 'jpeg' | 'png' | 'webp';
  /**
   * The number of images to generate. Default value: 1 1 to 4.
   * @default 1
   */
  num_images?: number;
  /**
   * If enabled, the media is returned as a data URI and the output is not available from the request history.
   * @default false
   */
  sync_mode?: boolean;
}

/** Input of Nano Banana Text to Image, `google/nano-banana/text-to-image`. */
export interface GoogleNanoBananaTextToImageInput {
  /** At most 1000 characters. */
  prompt: string;
  /** @default "16:9" */
  aspect_ratio?: '21:9' | '16:9' | '3:2' | '4:3' | '5:4' | '1:1' | '4:5' | '3:4' | '2:3' | '9:16';
  /** @default "png" */
  output_format?: 'jpeg' | 'png' | 'webp';
  /**
   * Number of images to generate.
   * @default 1
   */
  num_images?: 1 | 2 | 3 | 4;
}

/** Input of GPT Image 2 Edit, `openai/gpt-image-2/edit`. */
export interface OpenaiGptImage2EditInput {
  /** The prompt for image editing. At most 32000 characters. */
  prompt: string;
  /** The URLs of the images to edit or to combine, in the order in which the prompt speaks of them. 1 to 16 items. */
  image_urls: ImageInput[];
  /**
   * The number of images to generate. 1 to 4.
   * @default 1
   */
  num_images?: number;
  /**
   * The aspect ratio of the generated image.
   * @default "auto"
   */
  aspect_ratio?: 'auto' | '21:9' | '16:9' | '3:2' | '4:3' | '5:4' | '1:1' | '4:5' | '3:4' | '2:3' | '9:16';
  /**
   * The resolution of the generated image. 4K is at most 3840 pixels wide or high and 8.3 million pixels in all.
   * @default "1K"
   */
  resolution?: '1K' | '2K' | '4K';
  /**
   * The quality of the generated image: higher takes longer and costs more. With auto, the model decides.
   * @default "medium"
   */
  quality?: 'auto' | 'low' | 'medium' | 'high';
  /**
   * The format of the generated image.
   * @default "png"
   */
  output_format?: 'jpeg' | 'png' | 'webp';
}

/** Input of GPT Image 2 Text to Image, `openai/gpt-image-2/text-to-image`. */
export interface OpenaiGptImage2TextToImageInput {
  /** The prompt for image generation. At most 32000 characters. */
  prompt: string;
  /**
   * The number of images to generate. 1 to 4.
   * @default 1
   */
  num_images?: number;
  /**
   * The aspect ratio of the generated image.
   * @default "auto"
   */
  aspect_ratio?: 'auto' | '21:9' | '16:9' | '3:2' | '4:3' | '5:4' | '1:1' | '4:5' | '3:4' | '2:3' | '9:16';
  /**
   * The resolution of the generated image. 4K is at most 3840 pixels wide or high and 8.3 million pixels in all.
   * @default "1K"
   */
  resolution?: '1K' | '2K' | '4K';
  /**
   * The quality of the generated image: higher takes longer and costs more. With auto, the model decides.
   * @default "medium"
   */
  quality?: 'auto' | 'low' | 'medium' | 'high';
  /**
   * The format of the generated image.
   * @default "png"
   */
  output_format?: 'jpeg' | 'png' | 'webp';
}

export interface CatalogueModels {
  'comfyui/qwen-image-edit/edit': { input: ComfyuiQwenImageEditEditInput; output: ImageOutput };
  'comfyui/wan-2.2/text-to-video': { input: ComfyuiWan22TextToVideoInput; output: VideoOutput };
  'comfyui/z-image-turbo/text-to-image': { input: ComfyuiZImageTurboTextToImageInput; output: ImageOutput };
  'google/nano-banana-2/edit': { input: GoogleNanoBanana2EditInput; output: ImageOutput };
  'google/nano-banana-2/text-to-image': { input: GoogleNanoBanana2TextToImageInput; output: ImageOutput };
  'google/nano-banana/edit': { input: GoogleNanoBananaEditInput; output: ImageOutput };
  'google/nano-banana/pro/edit': { input: GoogleNanoBananaProEditInput; output: ImageOutput };
  'google/nano-banana-pro/edit': { input: GoogleNanoBananaProEditInput; output: ImageOutput };
  'google/nano-banana/pro/text-to-image': { input: GoogleNanoBananaProTextToImageInput; output: ImageOutput };
  'google/nano-banana-pro/text-to-image': { input: GoogleNanoBananaProTextToImageInput; output: ImageOutput };
  'google/nano-banana/text-to-image': { input: GoogleNanoBananaTextToImageInput; output: ImageOutput };
  'openai/gpt-image-2/edit': { input: OpenaiGptImage2EditInput; output: ImageOutput };
  'openai/gpt-image-2/text-to-image': { input: OpenaiGptImage2TextToImageInput; output: ImageOutput };
}

import {
  closestCenter,
  DndContext,
  type DragEndEvent,
  type KeyboardCoordinateGetter,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  useSensor,
  useSensors,
} from '@dnd-kit/core';
import {
  arrayMove,
  rectSortingStrategy,
  SortableContext,
  sortableKeyboardCoordinates,
} from '@dnd-kit/sortable';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useFieldProps } from '../../../components/field.tsx';
import { Thumbnail } from './thumbnail.tsx';

export interface ThumbnailsProps {
  items: readonly string[];
  /** What is wrong with each. */
  problems: readonly (string | undefined)[];
  onChange: (items: string[]) => void;
}

/** A finger that rests first drags; one that moves at once scrolls the page. */
const REST_MS = 180;

/** The pictures in their order, which is dragged, or changed by keyboard: space, arrows, space. */
export function Thumbnails({ items, problems, onChange }: ThumbnailsProps) {
  const { t } = useTranslation('playground');
  const { id } = useFieldProps();
  const list = useRef<HTMLUListElement>(null);
  const ids = distinct(items);
  // To the left of a row's first is the last of the row before.
  const oneFurther: KeyboardCoordinateGetter = (event, options) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.code];
    if (by === undefined) return sortableKeyboardCoordinates(event, options);
    event.preventDefault();
    const { active, over, droppableRects } = options.context;
    const next = ids[ids.indexOf(String((over ?? active)?.id)) + by];
    const rect = next === undefined ? undefined : droppableRects.get(next);
    return rect && { x: rect.left, y: rect.top };
  };
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 5 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: REST_MS, tolerance: 8 } }),
    useSensor(KeyboardSensor, { coordinateGetter: oneFurther }),
  );
  const place = (id: unknown): number => ids.indexOf(String(id)) + 1;
  const where = (id: unknown) => ({ place: place(id), count: ids.length });
  const onDragEnd = ({ active, over }: DragEndEvent): void => {
    if (over && over.id !== active.id)
      onChange(arrayMove([...items], place(active.id) - 1, place(over.id) - 1));
  };
  const remove = (index: number): void => {
    onChange(items.filter((_, at) => at !== index));
    // To the next one, or where another is added: focus is not to be lost with the picture.
    requestAnimationFrame(() => {
      const buttons = list.current?.querySelectorAll<HTMLElement>('[data-remove]');
      (buttons?.[Math.min(index, buttons.length - 1)] ?? document.getElementById(id ?? ''))?.focus();
    });
  };
  return (
    <DndContext
      sensors={sensors}
      collisionDetection={closestCenter}
      onDragEnd={onDragEnd}
      accessibility={{
        screenReaderInstructions: { draggable: t('images.howToSort') },
        announcements: {
          onDragStart: ({ active }) => t('images.lifted', where(active.id)),
          // Where it is lifted it is over itself, which is no news.
          onDragOver: ({ active, over }) =>
            over && over.id !== active.id ? t('images.moved', where(over.id)) : undefined,
          onDragEnd: ({ active, over }) => t('images.dropped', where((over ?? active).id)),
          onDragCancel: ({ active }) => t('images.dropped', where(active.id)),
        },
      }}
    >
      <SortableContext items={ids} strategy={rectSortingStrategy}>
        <ul ref={list} className="grid grid-cols-[repeat(auto-fill,minmax(5rem,1fr))] gap-2">
          {items.map((item, index) => (
            <Thumbnail
              key={ids[index]}
              id={ids[index]!}
              item={item}
              place={index + 1}
              count={items.length}
              problem={problems[index]}
              onRemove={() => remove(index)}
            />
          ))}
        </ul>
      </SortableContext>
    </DndContext>
  );
}

/** The same picture may be there twice; each keeps its id wherever it goes. */
function distinct(items: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const times = (seen.get(item) ?? 0) + 1;
    seen.set(item, times);
    return times === 1 ? item : `${item}#${times}`;
  });
}

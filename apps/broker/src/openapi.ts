import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { apiControllers } from './api/api.parts.js';

@Module({ controllers: apiControllers, providers: [...new Set(apiControllers.flatMap((c) => (Reflect.getMetadata('design:paramtypes', c) ?? []) as unknown[]))].map((provide) => ({ provide: provide as never, useValue: {} })) })
class Described {}

/** x */
export async function describeApi(): Promise<object> {
  const app = await NestFactory.create(Described, new FastifyAdapter(), { preview: true, logger: ['error'], abortOnError: false });
  const config = new DocumentBuilder().setTitle('Writ').setVersion('1').build();
  return SwaggerModule.createDocument(app, config);
}
